/**
 * What the browser remembers: the device's random name for ever, the code for this tab. Playback tokens are never stored.
 *
 * A browser that refuses storage (private modes, settings) costs only the conveniences: every access may fail.
 */

const DEVICE_KEY = "streamgate.device";
const CODE_KEY = "streamgate.code";

const DEVICE_ID_LENGTH = 24;
const DEVICE_ID = /^[A-Za-z0-9_-]{16,64}$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export interface Memory {
  deviceId(): string;
  code(): string | null;
  remember(code: string): void;
  forget(): void;
}

export function browserMemory(local: () => Storage, tab: () => Storage, random: (bytes: Uint8Array) => void): Memory {
  let device: string | null = null;
  return {
    deviceId() {
      device ??= known(attempt(() => local().getItem(DEVICE_KEY))) ?? newDeviceId(random);
      const name = device;
      attempt(() => local().setItem(DEVICE_KEY, name));
      return name;
    },
    code: () => attempt(() => tab().getItem(CODE_KEY)),
    remember: (code) => void attempt(() => tab().setItem(CODE_KEY, code)),
    forget: () => void attempt(() => tab().removeItem(CODE_KEY)),
  };
}

/** Returns 24 characters of 64, so 144 random bits. */
export function newDeviceId(random: (bytes: Uint8Array) => void): string {
  const bytes = new Uint8Array(DEVICE_ID_LENGTH);
  random(bytes);
  // 64 letters divide 256 evenly: no letter is likelier than another.
  return Array.from(bytes, (byte) => LETTERS.charAt(byte % LETTERS.length)).join("");
}

const known = (id: string | null) => (id !== null && DEVICE_ID.test(id) ? id : null);

function attempt<Value>(action: () => Value): Value | null {
  try {
    return action();
  } catch {
    return null;
  }
}
