/** Asks an edge how the stream of an event is, and shows the answer beside the button. */
import { useMutation } from "@tanstack/react-query";
import { api, data } from "../api/client";
import { words } from "../api/failure";
import { Button } from "../parts/button";
import { advice, StreamState } from "./stream-state";

export const testStream = (id: string) =>
  data(api.POST("/api/admin/events/{id}/test-stream", { params: { path: { id } } }));

export function TestStream({ eventId, unsaved }: { eventId: string; unsaved: boolean }) {
  const test = useMutation({ mutationFn: () => testStream(eventId) });
  const hint = test.data === undefined ? null : advice[test.data.state];
  return (
    <>
      <div className="c-test-stream">
        <Button size="small" busy={test.isPending} onClick={() => test.mutate()}>
          Test Stream
        </Button>
        <div role="status">
          {test.data !== undefined && <StreamState test={test.data} />}
          {test.error !== null && <span className="c-field-error">{words(test.error)}</span>}
        </div>
      </div>
      {hint !== null && <p className="c-hint">{hint}</p>}
      {unsaved && <p className="c-hint">The address above is not saved yet: the test asks for the saved one.</p>}
    </>
  );
}
