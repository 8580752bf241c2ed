/** Fixtures: one running program and one set of recordings a worker, fresh viewers and encoders a test. */
import { type BrowserContextOptions, test as base } from "@playwright/test";
import type { Event, EventWish, Ticket } from "./admin";
import { Encoder, Media, type Shape } from "./media";
import { Server } from "./server";
import { Viewer } from "./viewer";

export { expect } from "@playwright/test";

export interface Shown {
  event: Event;
  ticket: Ticket;
}

interface TestFixtures {
  /** Opens the page in a browser of its own; every viewer is checked when the test ends. */
  arrive: (path?: string, server?: Server, how?: BrowserContextOptions) => Promise<Viewer>;
  /** An event with a recording and one ticket. */
  recording: (shape: Shape, wish?: EventWish, server?: Server) => Promise<Shown>;
  /** An event that an encoder is writing, and one ticket. */
  live: (wish?: EventWish, server?: Server) => Promise<Shown>;
  /** The same with a minute that can be gone back. */
  liveWithWindow: (wish?: EventWish, server?: Server) => Promise<Shown>;
  encode: (folder: string, dvr?: boolean) => Promise<void>;
}

interface WorkerFixtures {
  server: Server;
  media: Media;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  server: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  media: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
    async ({}, use) => {
      const media = await Media.make();
      await use(media);
      await media.remove();
    },
    { scope: "worker", timeout: 120_000 },
  ],
  arrive: async ({ browser, server }, use) => {
    const viewers: Viewer[] = [];
    await use(async (path, other = server, how = {}) => {
      const viewer = await Viewer.arrive(browser, other.url, path, how);
      viewers.push(viewer);
      return viewer;
    });
    for (const viewer of viewers) await viewer.bye();
  },
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of the fixtures from this pattern
  encode: async ({}, use) => {
    const encoders: Encoder[] = [];
    await use(async (folder, dvr = false) => {
      encoders.push(await (dvr ? Encoder.startWithWindow(folder) : Encoder.start(folder)));
    });
    for (const encoder of encoders) await encoder.stop();
  },
  recording: async ({ server, media }, use) => {
    await use(async (shape, wish, other = server) => {
      const event = await other.admin.createEvent(wish);
      await media.put(shape, other.folder(event.id));
      return { event, ticket: await other.admin.createTicket(event) };
    });
  },
  live: async ({ server, encode }, use) => {
    await use(async (wish, other = server) => {
      const event = await other.admin.createEvent(wish);
      await encode(other.folder(event.id));
      return { event, ticket: await other.admin.createTicket(event) };
    });
  },
  liveWithWindow: async ({ server, encode }, use) => {
    await use(async (wish, other = server) => {
      const event = await other.admin.createEvent(wish);
      await encode(other.folder(event.id), true);
      return { event, ticket: await other.admin.createTicket(event) };
    });
  },
});
