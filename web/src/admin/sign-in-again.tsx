import { Dialog } from "@base-ui/react/dialog";
import { useLocation } from "wouter";
import { placeOf } from "./places";
import { SignInForm } from "./sign-in-form";

/** Asks for the password over a page whose session has ended. The page stays as it is, with everything that was typed. */
export function SignInAgain() {
  const [path] = useLocation();
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Backdrop className="c-backdrop c-backdrop-top" />
        <Dialog.Popup className="c-dialog c-dialog-top">
          <div className="c-dialog-body">
            <Dialog.Title className="c-dialog-title">You were signed out</Dialog.Title>
            <Dialog.Description className="c-dialog-text">
              Sign in to go back to {placeOf(path)?.label ?? "the console"}. Everything you typed is still there.
            </Dialog.Description>
            <SignInForm />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
