/** Ticks once a second from a worker: browsers slow the timers of a hidden, silent page down to one a minute, a worker's not. */
const TICK_MS = 1000;

setInterval(() => self.postMessage("tick"), TICK_MS);
