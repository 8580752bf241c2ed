/** A low-latency origin: ffmpeg's fragments as the parts of segments, listed and answered as RFC 8216bis has it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Each begins with a key frame. */
const PART_SECONDS = 0.4;
const PARTS_PER_SEGMENT = 5;
const SEGMENTS_LISTED = 6;
const FRAMES_PER_PART = "10";

// Pictures are made at the pace of time, so that a part is there when its time is over, as in a hall.
const encoder = [
  ...["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"],
  ...["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-map", "0:v", "-map", "1:a"],
  ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v", "400k"],
  ...["-g", FRAMES_PER_PART, "-keyint_min", FRAMES_PER_PART, "-sc_threshold", "0", "-c:a", "aac", "-b:a", "64k"],
  ...["-f", "mp4", "-movflags", "empty_moov+default_base_moof+frag_keyframe", "-flush_packets", "1", "pipe:1"],
];

interface Asked {
  /** A playlist was asked for before its last part was there. */
  blocking: number;
  /** Of parts, and of those the ones that were asked for before they were there. */
  parts: number;
  ahead: number;
  segments: number;
}

export class LowLatencyOrigin {
  readonly asked: Asked = { blocking: 0, parts: 0, ahead: 0, segments: 0 };
  private init: Buffer = Buffer.alloc(0);
  private readonly parts: Buffer[] = [];
  private waiting: (() => void)[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private fragment: Buffer[] = [];

  private constructor(
    private readonly server: Server,
    private readonly process: ChildProcess,
  ) {}

  static async start(): Promise<LowLatencyOrigin> {
    const server = createServer();
    const process = spawn("ffmpeg", encoder, { stdio: ["ignore", "pipe", "inherit"] });
    const origin = new LowLatencyOrigin(server, process);
    process.stdout?.on("data", (chunk: Buffer) => origin.take(chunk));
    server.on("request", (request, response) => void origin.answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    await origin.has(PARTS_PER_SEGMENT * 3);
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/stream.m3u8`;
  }

  /** Seconds of picture up to the newest part that somebody has got. */
  servedSeconds = 0;

  /** Seconds of picture that exist. */
  get seconds(): number {
    return this.parts.length * PART_SECONDS;
  }

  async stop(): Promise<void> {
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await gone;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  /** Waits for so many parts. */
  private async has(count: number): Promise<void> {
    while (this.parts.length < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Cuts what ffmpeg writes into its boxes (ISO/IEC 14496-12, 4.2). */
  private take(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    while (this.rest.length >= 8 && this.rest.length >= this.rest.readUInt32BE(0)) {
      const size = this.rest.readUInt32BE(0);
      const box = this.rest.subarray(0, size);
      this.rest = this.rest.subarray(size);
      const kind = box.toString("latin1", 4, 8);
      if (kind === "ftyp" || kind === "moov") this.init = Buffer.concat([this.init, box]);
      else this.fragment.push(box);
      if (kind === "mdat") this.finishPart();
    }
  }

  private finishPart(): void {
    this.parts.push(Buffer.concat(this.fragment));
    this.fragment = [];
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://origin");
    const number = Number(/\d+/.exec(pathname)?.[0] ?? Number.NaN);
    if (pathname === "/stream.m3u8") {
      const wanted =
        Number(searchParams.get("_HLS_msn") ?? 0) * PARTS_PER_SEGMENT + Number(searchParams.get("_HLS_part") ?? 0);
      if (searchParams.has("_HLS_msn") && wanted >= this.parts.length) this.asked.blocking += 1;
      await this.has(searchParams.has("_HLS_msn") ? wanted + 1 : 0);
      send(response, "application/vnd.apple.mpegurl", Buffer.from(this.playlist()));
    } else if (pathname === "/init.mp4") send(response, "video/mp4", this.init);
    else if (pathname.startsWith("/part_")) {
      this.asked.parts += 1;
      if (number >= this.parts.length) this.asked.ahead += 1;
      await this.has(number + 1);
      this.servedSeconds = Math.max(this.servedSeconds, (number + 1) * PART_SECONDS);
      send(response, "video/mp4", this.parts[number] ?? Buffer.alloc(0));
    } else {
      this.asked.segments += 1;
      send(response, "video/mp4", Buffer.concat(this.partsOf(number)));
    }
  }

  private partsOf = (segment: number) =>
    this.parts.slice(segment * PARTS_PER_SEGMENT, (segment + 1) * PARTS_PER_SEGMENT);

  private playlist(): string {
    const whole = Math.floor(this.parts.length / PARTS_PER_SEGMENT);
    const first = Math.max(0, whole - SEGMENTS_LISTED);
    const lines = [
      ...["#EXTM3U", "#EXT-X-VERSION:9", `#EXT-X-TARGETDURATION:${PARTS_PER_SEGMENT * PART_SECONDS}`],
      `#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=${3 * PART_SECONDS}`,
      ...[`#EXT-X-PART-INF:PART-TARGET=${PART_SECONDS}`, `#EXT-X-MEDIA-SEQUENCE:${first}`],
      '#EXT-X-MAP:URI="init.mp4"',
    ];
    for (let segment = first; segment <= whole; segment += 1) {
      // Parts of older segments are of no use to anybody (RFC 8216bis, 6.2.2).
      if (segment >= whole - 2) {
        for (let part = segment * PARTS_PER_SEGMENT; part < this.parts.length; part += 1) {
          if (part >= (segment + 1) * PARTS_PER_SEGMENT) break;
          lines.push(`#EXT-X-PART:DURATION=${PART_SECONDS},INDEPENDENT=YES,URI="part_${part}.m4s"`);
        }
      }
      if (segment < whole) lines.push(`#EXTINF:${PARTS_PER_SEGMENT * PART_SECONDS},`, `segment_${segment}.m4s`);
    }
    lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part_${this.parts.length}.m4s"`, "");
    return lines.join("\n");
  }
}

function send(response: ServerResponse, type: string, body: Buffer): void {
  response.writeHead(200, { "Content-Type": type, "Content-Length": body.length }).end(body);
}
