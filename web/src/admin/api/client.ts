/** The platform's admin API, typed by its OpenAPI document. Every answer is the data, or a thrown failure. */
import createClient from "openapi-fetch";
import type { paths } from "../../api/schema.gen";
import { NoAnswer, refusalOf } from "./failure";
import { gate } from "./gate";

// Longer than any healthy answer of the API, shorter than a person's patience.
const ANSWER_TIMEOUT_MS = 20_000;

/** Sends a request; when the session has ended, once more after the organizer has signed in again. */
export async function guardedFetch(request: Request): Promise<Response> {
  const again = request.clone();
  const response = await send(request);
  if (response.status !== 401) return response;
  gate.close();
  await gate.whenOpen();
  return guardedFetch(again);
}

async function send(request: Request): Promise<Response> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
  try {
    return await fetch(request, { signal });
  } catch (failure) {
    if (request.signal.aborted) throw failure;
    throw new NoAnswer();
  }
}

export const api = createClient<paths>({ fetch: guardedFetch, cache: "no-store" });

interface Answer<Body> {
  data?: Body;
  error?: unknown;
  response: Response;
}

/** Returns the whole body of a successful answer. */
export async function whole<Body>(answer: Promise<Answer<Body>>): Promise<Body> {
  const { data, error, response } = await answer;
  if (!response.ok) throw refusalOf(response, error);
  return data as Body;
}

/** Returns `data` of a successful answer. */
export async function data<Inner>(answer: Promise<Answer<{ data: Inner }>>): Promise<Inner> {
  return (await whole(answer)).data;
}

/** Downloads a file with the session of this page, so that an ended one asks for the password instead of saving an error. */
export async function download(url: string, fallbackName: string): Promise<void> {
  const response = await guardedFetch(new Request(url, { cache: "no-store" }));
  if (!response.ok) throw refusalOf(response, await response.json().catch(() => null));
  const name = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  save(await response.blob(), name ?? fallbackName);
}

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // The click has already started the download from the blob; its address is not needed any more.
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
