/** Real streams in the three shapes that encoders make, by ffmpeg. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const picture = ["-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25"];
const sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"];
const video =
  "-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0".split(" ");
const audio = "-c:a aac -b:a 64k -ac 2".split(" ");

// Long enough that a test is over before the recording is, short enough to be buffered as a whole.
const RECORDING_SECONDS = "50";

const FIRST_PLAYLIST_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 100;

export type Shape = "ts" | "fmp4" | "tracks" | "audio";

/** Recordings made once, copied into as many events as tests like. */
export class Media {
  private constructor(private readonly folder: string) {}

  static async make(): Promise<Media> {
    const folder = await mkdtemp(join(tmpdir(), "streamgate-media-"));
    await makeTransportStream(join(folder, "ts"));
    await makeFragmented(join(folder, "fmp4"));
    await makeTracks(join(folder, "tracks"));
    await makeSound(join(folder, "audio"));
    return new Media(folder);
  }

  /**
   * `ts`: two renditions in nested folders with equal segment names under a master. `fmp4`: one with an init segment.
   * `tracks`: two renditions, sound in two languages, captions. `audio`: sound alone.
   */
  put = (shape: Shape, into: string) => cp(join(this.folder, shape), into, { recursive: true });

  remove = () => rm(this.folder, { recursive: true, force: true });
}

async function makeTransportStream(into: string): Promise<void> {
  const renditions = [
    { name: "high", size: "640x360", rate: "600k" },
    { name: "low", size: "320x180", rate: "200k" },
  ];
  const outputs = renditions.flatMap(({ name, size, rate }) => [
    ...["-map", "0:v", "-map", "1:a", "-s", size, "-b:v", rate, ...video, ...audio],
    ...["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod"],
    ...["-hls_segment_filename", join(into, name, "seg_%03d.ts"), join(into, name, "index.m3u8")],
  ]);
  for (const { name } of renditions) await mkdir(join(into, name), { recursive: true });
  await run("ffmpeg", ["-v", "error", ...picture, ...sound, ...lasting(renditions.length, outputs)]);
  const master = [
    "#EXTM3U",
    ...renditions.flatMap(({ name, size, rate }) => [
      `#EXT-X-STREAM-INF:BANDWIDTH=${Number.parseInt(rate, 10) * 1200},RESOLUTION=${size},CODECS="avc1.42c01e,mp4a.40.2"`,
      `${name}/index.m3u8`,
    ]),
    "",
  ];
  await writeFile(join(into, "stream.m3u8"), master.join("\n"));
}

async function makeFragmented(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const output = [
    ...["-map", "0:v", "-map", "1:a", ...video, "-b:v", "400k", ...audio],
    ...["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"],
    ...["-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", join(into, "part_%03d.m4s")],
    join(into, "stream.m3u8"),
  ];
  await run("ffmpeg", ["-v", "error", ...picture, ...sound, ...lasting(1, output)]);
}

async function makeTracks(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await writeFile(join(into, "captions_0.vtt"), "WEBVTT\n\n00:00:00.000 --> 00:00:50.000\nAll four players pluck\n");
  const output = [
    ...["-map", "0:v", "-map", "0:v", "-map", "1:a", "-map", "2:a", ...video, ...audio],
    ...["-s:v:0", "640x360", "-b:v:0", "600k", "-s:v:1", "320x180", "-b:v:1", "200k"],
    ...["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_filename", join(into, "v%v_%03d.ts")],
    ...["-master_pl_name", "made.m3u8", "-var_stream_map"],
    "v:0,agroup:sound v:1,agroup:sound a:0,agroup:sound,language:en,default:yes a:1,agroup:sound,language:sv",
    join(into, "v%v.m3u8"),
  ];
  const low = ["-f", "lavfi", "-i", "sine=frequency=220:sample_rate=48000"];
  await run("ffmpeg", ["-v", "error", ...picture, ...sound, ...low, ...lasting(1, output)]);
  await writeFile(
    join(into, "captions.m3u8"),
    "#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:50,\ncaptions_0.vtt\n#EXT-X-ENDLIST\n",
  );
  const media = (type: string, group: string, name: string, language: string, uri: string, chosen: "YES" | "NO") =>
    `#EXT-X-MEDIA:TYPE=${type},GROUP-ID="${group}",NAME="${name}",LANGUAGE="${language}",URI="${uri}",DEFAULT=${chosen},AUTOSELECT=${chosen}`;
  const rendition = (bandwidth: number, size: string, uri: string) =>
    `#EXT-X-STREAM-INF:BANDWIDTH=${bandwidth},RESOLUTION=${size},CODECS="avc1.42c01e,mp4a.40.2",AUDIO="sound",SUBTITLES="text"\n${uri}`;
  const master = [
    "#EXTM3U",
    media("AUDIO", "sound", "English", "en", "v2.m3u8", "YES"),
    media("AUDIO", "sound", "Svenska", "sv", "v3.m3u8", "NO"),
    media("SUBTITLES", "text", "English", "en", "captions.m3u8", "NO"),
    rendition(720_000, "640x360", "v0.m3u8"),
    rendition(300_000, "320x180", "v1.m3u8"),
    "",
  ];
  await writeFile(join(into, "stream.m3u8"), master.join("\n"));
}

async function makeSound(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  const output = [...audio, "-f", "hls", "-hls_time", "4", "-hls_playlist_type", "vod", join(into, "stream.m3u8")];
  await run("ffmpeg", ["-v", "error", ...sound, ...lasting(1, output)]);
}

/** Bounds each output: a duration belongs to the output that follows it. */
function lasting(outputs: number, args: string[]): string[] {
  const size = args.length / outputs;
  return Array.from({ length: outputs }, (_, index) => [
    ...["-t", RECORDING_SECONDS],
    ...args.slice(index * size, (index + 1) * size),
  ]).flat();
}

/** An encoder that writes a live stream while it is being watched. */
export class Encoder {
  private constructor(private readonly process: ChildProcess) {}

  /** Returns when the first playlist is there. */
  static async start(into: string): Promise<Encoder> {
    await mkdir(into, { recursive: true });
    const encoder = new Encoder(
      spawn("ffmpeg", live(into, { paced: true, size: 6, append: false }), { stdio: "ignore" }),
    );
    await encoder.hasWritten(join(into, "stream.m3u8"));
    return encoder;
  }

  /** With a minute to go back in, made at once: nobody waits for it. */
  static async startWithWindow(into: string): Promise<Encoder> {
    await mkdir(into, { recursive: true });
    await run("ffmpeg", live(into, { paced: false, size: 40, append: false }));
    return new Encoder(spawn("ffmpeg", live(into, { paced: true, size: 40, append: true }), { stdio: "ignore" }));
  }

  private async hasWritten(playlist: string): Promise<void> {
    const deadline = Date.now() + FIRST_PLAYLIST_WITHIN_MS;
    while (!(await exists(playlist))) {
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error("ffmpeg wrote no playlist");
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null) return;
    const gone = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await gone;
  }
}

const WINDOW_SECONDS = "60";

/** A live stream: paced like an encoder in a hall, or the past of one, made as fast as can be. */
function live(into: string, how: { paced: boolean; size: number; append: boolean }): string[] {
  const pace = how.paced ? ["-re"] : [];
  const flags = ["delete_segments", "temp_file", "independent_segments", "program_date_time"];
  if (how.append) flags.push("append_list");
  if (!how.paced) flags.push("omit_endlist");
  return [
    ...["-v", "error", ...pace, ...picture, ...pace, ...sound, "-map", "0:v", "-map", "1:a"],
    ...(how.paced ? [] : ["-t", WINDOW_SECONDS]),
    ...[...video, "-b:v", "400k", ...audio, "-f", "hls", "-hls_time", "2", "-hls_list_size", String(how.size)],
    ...["-hls_flags", flags.join("+"), "-hls_segment_filename", join(into, "live_%05d.ts")],
    join(into, "stream.m3u8"),
  ];
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
