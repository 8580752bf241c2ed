/** Keeps an engine playing the session's stream, and tells the session what becomes of it. */
import { type RefObject, useEffect, useEffectEvent, useRef, useState } from "react";
import { askEdge, type EdgeAnswer, type EdgeRequest } from "../../engine/edge-check";
import { createEngine, type Engine, type EngineReport, hasMediaSource } from "../../engine/engine";
import { type LiveWindow, nothing, type OfferKind, type Offers } from "../../engine/offers";
import { type StreamAddress, streamAddress, withPathToken } from "../../engine/stream-address";
import type { Held, Input } from "../session/model";
import { leaveFullscreen } from "./fullscreen";
import { startWatchdog, type Watchdog } from "./watchdog";

export interface EngineSetting {
  video: RefObject<HTMLVideoElement | null>;
  held: Held;
  carrier: "header" | "path";
  /** The platform is being asked: nothing may move meanwhile. */
  suspended: boolean;
  /** The session waits for the picture to come back. */
  reconnecting: boolean;
  play(): void;
  send(input: Input): void;
}

const HAVE_FUTURE_DATA = 3;

const noAnswer: Input = { type: "trouble", retryAfterSeconds: null };

export interface Stream {
  /** As the playlist says; null until that is known. */
  live: boolean | null;
  window: LiveWindow | null;
  offers: Offers;
  choose(kind: OfferKind, id: number): void;
}

export function useEngine(setting: EngineSetting): Stream {
  const { video: ref, held, carrier, suspended, reconnecting, play, send } = setting;
  const [live, setLive] = useState<boolean | null>(null);
  const [reach, setWindow] = useState<LiveWindow | null>(null);
  const [offers, setOffers] = useState(nothing);
  const engine = useRef<Engine | null>(null);
  const watchdog = useRef<Watchdog | null>(null);
  const token = useRef(held.token);
  // The number of the engine that is wanted: one whose files come late must not play beside its successor.
  const latest = useRef(0);
  const { playbackBaseUrl, streamPath, reloads } = held;
  const eventId = held.event.id;

  const onReport = useEffectEvent((report: EngineReport) => {
    if (report.type === "live") setLive(report.live);
    else if (report.type === "answered") watchdog.current?.answered();
    else send(report);
  });
  const onAnswer = useEffectEvent((video: HTMLVideoElement, answer: EdgeAnswer) => {
    switch (answer.kind) {
      case "ok":
        // An engine that has stopped loading would run dry: only its own retry ends the trouble.
        if (engine.current?.loading() === true && video.readyState >= HAVE_FUTURE_DATA) send({ type: "flowing" });
        return;
      case "refused":
        if (answer.code !== "token_expired") engine.current?.suspend();
        send({ type: "refused", code: answer.code });
        return;
      case "missing":
      case "trouble":
        // While the picture moves, a long buffer bridges what may be over before anybody sees it.
        if (reconnecting) send(answer.kind === "missing" ? { type: "missing" } : noAnswer);
    }
  });
  const begin = useEffectEvent((video: HTMLVideoElement, address: StreamAddress) => {
    latest.current += 1;
    const mine = latest.current;
    const wanted = () => latest.current === mine;
    const report = (news: EngineReport) => onReport(news);
    const told = { report, offers: setOffers, window: setWindow };
    createEngine({ video, address, token: () => token.current, carrier, play, ...told }, wanted)
      .then((made) => {
        if (made !== null) engine.current = made;
      })
      // The player's own files did not come.
      .catch(() => wanted() && send(noAnswer));
  });

  useEffect(() => {
    token.current = held.token;
    engine.current?.tokenChanged();
  }, [held.token]);

  useEffect(() => {
    const video = ref.current;
    if (video === null) return;
    const address = streamAddress(playbackBaseUrl, streamPath, eventId, window.location.href);
    begin(video, address);
    const dog = startWatchdog({
      moving: () => !video.paused && !video.ended && video.readyState > 0,
      async ask() {
        const asked = token.current;
        const answer = await askEdge(checkRequest(address, carrier, asked));
        // A refusal of an older token says nothing about the present one.
        return asked === token.current ? answer : null;
      },
      told: (answer) => onAnswer(video, answer),
    });
    watchdog.current = dog;
    return () => {
      latest.current += 1;
      dog.stop();
      watchdog.current = null;
      leaveFullscreen(video);
      engine.current?.destroy();
      engine.current = null;
    };
  }, [ref, playbackBaseUrl, streamPath, eventId, carrier]);

  const again = useEffectEvent(() => {
    const video = ref.current;
    if (video === null) return;
    if (engine.current === null) {
      begin(video, streamAddress(playbackBaseUrl, streamPath, eventId, window.location.href));
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
    const video = ref.current;
    if (!suspended || video === null) return;
    engine.current?.suspend();
    // Keys, headsets and an engine that comes late may want to play: not before the platform has answered.
    const hold = () => video.pause();
    video.addEventListener("play", hold);
    return () => video.removeEventListener("play", hold);
  }, [ref, suspended]);

  const choose = (kind: OfferKind, id: number) => engine.current?.choose(kind, id);
  return { live, window: reach, offers, choose };
}

function checkRequest(address: StreamAddress, carrier: "header" | "path", token: string): EdgeRequest {
  if (carrier === "path" || !hasMediaSource()) {
    return { url: withPathToken(address, address.playlist, token), headers: {} };
  }
  return { url: address.playlist, headers: { Authorization: `Bearer ${token}` } };
}
