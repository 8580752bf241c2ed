/** Short words about what has just happened, at the bottom right. */
import { Toast } from "@base-ui/react/toast";
import { Check, CircleAlert, X } from "lucide-react";
import { useMemo } from "react";

interface ToastAction {
  label: string;
  run: () => void;
}

const GOOD_FOR_MS = 5_000;
// A failure asks for a decision, so it stays until it is read.
const FAILED_FOR_MS = 0;

/** Returns the two things that can be said. */
export function useToasts() {
  const { add } = Toast.useToastManager();
  return useMemo(() => {
    const say = (type: "good" | "failed", title: string, timeout: number, action?: ToastAction) =>
      add({
        type,
        title,
        timeout,
        priority: type === "failed" ? "high" : "low",
        actionProps: action && { children: action.label, onClick: action.run },
      });
    return {
      good: (title: string, action?: ToastAction) => say("good", title, GOOD_FOR_MS, action),
      failed: (title: string, action?: ToastAction) => say("failed", title, FAILED_FOR_MS, action),
    };
  }, [add]);
}

export function Toasts() {
  const { toasts } = Toast.useToastManager();
  return (
    <Toast.Portal>
      <Toast.Viewport className="c-toasts">
        {toasts.map((toast) => (
          <Toast.Root key={toast.id} toast={toast} className="c-toast" data-kind={toast.type} swipeDirection="right">
            <Toast.Content className="c-toast-content">
              {toast.type === "failed" ? (
                <CircleAlert size={18} aria-hidden="true" />
              ) : (
                <Check size={18} aria-hidden="true" />
              )}
              <Toast.Title className="c-toast-title" />
              {toast.actionProps && <Toast.Action className="c-toast-action" />}
              <Toast.Close className="c-toast-close" aria-label="Close">
                <X size={16} aria-hidden="true" />
              </Toast.Close>
            </Toast.Content>
          </Toast.Root>
        ))}
      </Toast.Viewport>
    </Toast.Portal>
  );
}
