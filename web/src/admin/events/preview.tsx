/** Watching an event without spending a ticket, with the engine that viewers have. */
import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { createEngine, type Engine, type EngineReport } from "../../engine/engine";
import { streamAddress } from "../../engine/stream-address";
import { api, data } from "../api/client";
import { words } from "../api/failure";
import type { Event } from "../api/types";
import { Button } from "../parts/button";

// Well within the token's hour, as viewers do it.
const ASK_ANEW_MS = 15 * 60_000;
// An encoder that is just starting needs a moment; nobody should have to press anything for it.
const RETRY_MS = 3_000;

type Picture = "coming" | "playing" | "missing" | "trouble" | "refused";

const says: Record<Picture, string | null> = {
  coming: "Loading the picture…",
  playing: null,
  missing: "No picture has arrived yet. It starts here by itself as soon as the encoder does.",
  trouble: "The edge does not answer just now. Trying again…",
  refused: "The edge refuses this preview. The event may have been deactivated.",
};

export default function Preview({ event, onClose }: { event: Event; onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="c-backdrop" />
        <Dialog.Popup className="c-dialog c-dialog-wide">
          <div className="c-preview-head">
            <Dialog.Title className="c-dialog-title">Preview: {event.title}</Dialog.Title>
            <Dialog.Close className="c-icon-btn" aria-label="Close the preview">
              <X size={18} aria-hidden="true" />
            </Dialog.Close>
          </div>
          <PreviewPicture event={event} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** A part of its own: the window is put into the page later than what opens it, and playing begins with its video. */
function PreviewPicture({ event }: { event: Event }) {
  const video = useRef<HTMLVideoElement>(null);
  const [picture, setPicture] = useState<Picture>("coming");
  const [failure, setFailure] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  const eventId = event.id;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another preview
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    const preview = startPreview(element, eventId, setPicture);
    preview.started.catch(setFailure);
    return preview.stop;
  }, [eventId, attempt]);

  const again = () => {
    setFailure(null);
    setPicture("coming");
    setAttempt((number) => number + 1);
  };
  return (
    <>
      <video
        ref={video}
        className="c-preview-picture"
        controls
        muted
        playsInline
        aria-label={`Preview of ${event.title}`}
      />
      <div className="c-preview-foot">
        <Dialog.Description className="c-hint">
          Spends no ticket and counts as no viewer. It starts without sound.
        </Dialog.Description>
        <p role="status">{failure === null ? says[picture] : words(failure)}</p>
        {(failure !== null || picture === "refused") && (
          <Button size="small" onClick={again}>
            Try again
          </Button>
        )}
      </div>
    </>
  );
}

const askPreview = (id: string) => data(api.POST("/api/admin/events/{id}/preview", { params: { path: { id } } }));

function startPreview(video: HTMLVideoElement, eventId: string, onPicture: (picture: Picture) => void) {
  let wanted = true;
  let engine: Engine | null = null;
  let token = "";
  let retry: ReturnType<typeof setTimeout> | undefined;
  const retrySoon = () => {
    clearTimeout(retry);
    retry = setTimeout(() => engine?.retry(), RETRY_MS);
  };
  const report = (told: EngineReport) => {
    switch (told.type) {
      case "flowing":
        return onPicture("playing");
      case "missing":
      case "trouble":
        onPicture(told.type);
        return retrySoon();
      case "refused":
        engine?.suspend();
        return onPicture("refused");
    }
  };
  const begin = async () => {
    const answer = await askPreview(eventId);
    token = answer.playbackToken;
    const made = await createEngine(
      {
        video,
        address: streamAddress(answer.playbackBaseUrl, answer.streamPath, eventId, window.location.href),
        token: () => token,
        carrier: "header",
        // Muted, so no browser refuses it; one that does shows its own play button.
        play: () => void video.play().catch(() => undefined),
        report,
      },
      () => wanted,
    );
    engine = made;
  };
  const renewal = setInterval(() => {
    void askPreview(eventId)
      .then((answer) => {
        token = answer.playbackToken;
        engine?.tokenChanged();
      })
      // The old token lives for another 45 minutes, and the next renewal comes before that.
      .catch(() => undefined);
  }, ASK_ANEW_MS);
  return {
    started: begin(),
    stop: () => {
      wanted = false;
      clearInterval(renewal);
      clearTimeout(retry);
      engine?.destroy();
    },
  };
}
