/** What can go wrong with a request, as a value to throw, and the words for it. */

/** The platform's answer to a request that it did not carry out. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** One message for each field of a form (`validation_failed`). */
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

/** No answer: the network is gone, or the platform is. */
export class NoAnswer extends Error {
  constructor() {
    super("StreamGate does not answer just now.");
    this.name = "NoAnswer";
  }
}

interface ErrorBody {
  error?: unknown;
  code?: unknown;
  fields?: unknown;
}

export function refusalOf(response: Response, body: unknown): Refusal {
  const { error, code, fields } = (typeof body === "object" && body !== null ? body : {}) as ErrorBody;
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new Refusal(
    response.status,
    typeof code === "string" ? code : "unknown",
    typeof error === "string" ? error : `The platform answered ${response.status}.`,
    typeof fields === "object" && fields !== null ? texts(fields) : {},
    Number.isFinite(seconds) ? seconds : null,
  );
}

const texts = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => typeof entry[1] === "string"));

/** Says to a person what happened. */
export function words(failure: unknown): string {
  if (failure instanceof Refusal) return failure.message;
  if (failure instanceof NoAnswer) return failure.message;
  return "Something went wrong in this page. Please reload it.";
}

/** Whether asking again may help. */
export const isPassing = (failure: unknown) =>
  failure instanceof NoAnswer || (failure instanceof Refusal && failure.status >= 500);
