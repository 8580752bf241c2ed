/** The real program: in one process, or as a platform and an edge; in folders of its own, on free ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Admin } from "./admin";

const program = process.env.STREAMGATE_BIN ?? new URL("../../../target/debug/streamgate", import.meta.url).pathname;

const READY_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Known to the tests, so that they can mint tokens that the program accepts. */
export const signingSecret = "e2e-signing-secret-of-forty-eight-bytes-in-length";

/** What the organizer types, and its bcrypt hash at the lowest cost. */
export const adminPassword = "console-password";
const adminPasswordHash = "$2b$04$abcdefghijklmnopqrstuu/LJkdFdv0H0oyCsoz3Jj1DDE4jZ/0.W";

const adminApiKey = "e2e-admin-api-key-of-more-than-thirty-two-bytes";
const internalApiKey = "e2e-internal-api-key-of-two-processes";

type Command = "serve" | "platform" | "edge";

export class Server {
  readonly url: string;
  readonly admin: Admin;
  private process: ChildProcess | null = null;
  private log = "";

  private constructor(
    private readonly command: Command,
    private readonly port: number,
    private readonly home: string,
    private readonly settings: Record<string, string>,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    this.admin = new Admin(this.url, adminApiKey);
  }

  static async start(settings: Record<string, string> = {}): Promise<Server> {
    const server = new Server("serve", await freePort(), await newHome(), settings);
    await server.up();
    return server;
  }

  /** A platform, and an edge at another origin. */
  static async apart(): Promise<{ platform: Server; edge: Server }> {
    const [port, edgePort] = [await freePort(), await freePort()];
    const settings = { INTERNAL_API_KEY: internalApiKey };
    const platform = new Server("platform", port, await newHome(), {
      HLS_SERVER_BASE_URL: `http://127.0.0.1:${edgePort}`,
      ...settings,
    });
    const edge = new Server("edge", edgePort, await newHome(), { PLATFORM_APP_URL: platform.url, ...settings });
    await Promise.all([platform.up(), edge.up()]);
    return { platform, edge };
  }

  /** Where the streams of `eventId` lie. */
  folder(eventId: string): string {
    return join(this.home, "streams", eventId);
  }

  /** The SQLite file. */
  get database(): string {
    return join(this.home, "data", "streamgate.db");
  }

  async up(): Promise<void> {
    const process = spawn(program, [this.command], { env: this.environment(), stdio: ["ignore", "pipe", "pipe"] });
    this.process = process;
    const keep = (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-20_000);
    };
    process.stdout?.on("data", keep);
    process.stderr?.on("data", keep);
    await this.ready(process);
  }

  /** Ends the whole process without a goodbye. */
  async kill(): Promise<void> {
    const { process } = this;
    this.process = null;
    if (process === null || process.exitCode !== null) return;
    const gone = once(process, "exit");
    process.kill("SIGKILL");
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  private async ready(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS;
    while (Date.now() < deadline && child.exitCode === null) {
      const answer = await fetch(`${this.url}/ready`).catch(() => null);
      if (answer?.ok === true) return;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    throw new Error(`the program did not become ready:\n${this.log}`);
  }

  private environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      BIND_ADDR: "127.0.0.1",
      PORT: String(this.port),
      OPS_ADDR: "127.0.0.1:0",
      DATA_DIR: join(this.home, "data"),
      STREAM_ROOT: join(this.home, "streams"),
      ADMIN_API_KEY: adminApiKey,
      ADMIN_PASSWORD_HASH: adminPasswordHash,
      PLAYBACK_SIGNING_SECRET: signingSecret,
      // Every test comes from one address.
      RATE_LIMIT_INVALID_CODES_PER_MINUTE: "1000",
      RATE_LIMIT_LOGINS_PER_MINUTE: "1000",
      RUST_LOG: "warn",
      ...this.settings,
    };
  }
}

async function newHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "streamgate-e2e-"));
  await mkdir(join(home, "streams"));
  return home;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
