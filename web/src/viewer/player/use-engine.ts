/** Keeps an engine playing the session's stream, and tells the session what becomes of it. */
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import type { Held, Input } from "../session/model";
import { askEdge, type EdgeAnswer, type EdgeRequest } from "./edge-check";
import { createEngine, type Engine, type EngineReport, hasMediaSource } from "./engine";
import { leaveFullscreen } from "./fullscreen";
import { type StreamAddress, streamAddress, withPathToken } from "./stream-address";
import { startWatchdog, type Watchdog } from "./watchdog";

export interface EngineSetting {
  video: RefObject<HTMLVideoElement | null>;
  held: Held;
  carrier: "header" | "path";
  /** The platform is being asked: nothing may move meanwhile. */
  suspended: boolean;
  play(): void;
  send(input: Input): void;
}

const HAVE_FUTURE_DATA = 3;

/** Returns whether the stream is live, as its playlist says; null until that is known. */
export function useEngine({ video: ref, held, carrier, suspended, play, send }: EngineSetting): boolean | null {
  const [live, setLive] = useState<boolean | null>(null);
  const engine = useRef<Engine | null>(null);
  const watchdog = useRef<Watchdog | null>(null);
  const token = useRef(held.token);
  const { playbackBaseUrl, streamPath, reloads } = held;
  const eventId = held.event.id;

  const onReport = useEffectEvent((report: EngineReport) => {
    if (report.type === "live") setLive(report.live);
    else if (report.type === "answered") watchdog.current?.answered();
    else send(report);
  });
  const onAnswer = useEffectEvent((video: HTMLVideoElement, answer: EdgeAnswer) => {
    if (answer.kind === "ok" && video.readyState >= HAVE_FUTURE_DATA) send({ type: "flowing" });
    if (answer.kind !== "refused") return;
    if (answer.code !== "token_expired") engine.current?.suspend();
    send({ type: "refused", code: answer.code });
  });
  const begin = useEffectEvent((video: HTMLVideoElement, address: StreamAddress, stillWanted: () => boolean) => {
    createEngine({ video, address, token: () => token.current, carrier, play, report: (report) => onReport(report) })
      .then((made) => {
        if (stillWanted()) engine.current = made;
        else made.destroy();
      })
      // The player's own files did not come.
      .catch(() => stillWanted() && send({ type: "trouble", retryAfterSeconds: null }));
  });

  useEffect(() => {
    token.current = held.token;
    engine.current?.tokenChanged();
  }, [held.token]);

  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    const address = streamAddress(playbackBaseUrl, streamPath, eventId, window.location.href);
    let wanted = true;
    begin(video, address, () => wanted);
    const dog = startWatchdog({
      moving: () => !video.paused && !video.ended && video.readyState > 0,
      ask: () => askEdge(checkRequest(address, carrier, token.current)),
      told: (answer) => onAnswer(video, answer),
    });
    watchdog.current = dog;
    return () => {
      wanted = false;
      dog.stop();
      leaveFullscreen(video);
      engine.current?.destroy();
      engine.current = null;
    };
  }, [ref, playbackBaseUrl, streamPath, eventId, carrier]);

  const again = useEffectEvent(() => {
    const video = ref.current;
    if (video === null) return;
    if (engine.current === null) {
      begin(
        video,
        streamAddress(playbackBaseUrl, streamPath, eventId, window.location.href),
        () => ref.current === video,
      );
      return;
    }
    engine.current.retry();
    // A full buffer asks the edge for nothing: only a check tells that all is well again.
    watchdog.current?.check();
  });
  const reloadsBefore = useRef(reloads);
  useEffect(() => {
    if (reloads === reloadsBefore.current) return;
    reloadsBefore.current = reloads;
    again();
  }, [reloads]);

  useEffect(() => {
    if (suspended) engine.current?.suspend();
  }, [suspended]);

  return live;
}

function checkRequest(address: StreamAddress, carrier: "header" | "path", token: string): EdgeRequest {
  if (carrier === "path" || !hasMediaSource()) {
    return { url: withPathToken(address, address.playlist, token), headers: {} };
  }
  return { url: address.playlist, headers: { Authorization: `Bearer ${token}` } };
}
