import type { ProblemCode, ProblemsOf } from './generated/problems.js';

export type { ProblemCode, ProblemsOf };

// A fault in a body: where, and what is wrong with it.
export interface Fault {
  pointer: string;
  detail: string;
}

// A refusal (RFC 9457). Branch on `code`; the words may change.
export class Problem<Code extends string = ProblemCode | 'unknown'> extends Error {
  override readonly name = 'Problem';

  constructor(
    readonly status: number,
    readonly code: Code,
    readonly detail: string,
    readonly errors: readonly Fault[],
    readonly requestId: string | undefined,
    // Seconds after which the same request may succeed, or undefined.
    readonly retryAfter: number | undefined,
    // The whole document, with the members that some codes add.
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(detail);
  }

  static async from(response: Response): Promise<Problem> {
    return Problem.of(response.status, response.headers, await readObject(response));
  }

  static of(status: number, headers: Headers, document: unknown): Problem {
    const body = asObject(document);
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return new Problem(status, (text(body.code) ?? 'unknown') as ProblemCode | 'unknown',
      text(body.detail) ?? text(body.title) ?? `The service answers ${status}`,
      Array.isArray(body.errors) ? (body.errors as Fault[]) : [], text(body.request_id), secondsToWait(headers), body);
  }
}

// True if `error` is a refusal; with `code`, if it is that one.
export function isProblem<Code extends ProblemCode>(error: unknown, code: Code): error is Problem<Code>;
export function isProblem(error: unknown): error is Problem;
export function isProblem(error: unknown, code?: ProblemCode): boolean {
  return error instanceof Problem && (code === undefined || error.code === code);
}

// The refusal as one of those that the operation documents, so that a switch over its `code` can be exhaustive. Throws `error`
// if it is none of a service that answers in this way.
export function problemOf<Name extends keyof ProblemsOf>(error: unknown, _operation: Name): Problem<ProblemsOf[Name]> {
  if (error instanceof Problem && error.code !== 'unknown') return error as Problem<ProblemsOf[Name]>;
  throw error;
}

export function secondsToWait(headers: Headers): number | undefined {
  const seconds = Number.parseInt(headers.get('Retry-After') ?? '', 10);
  return Number.isNaN(seconds) ? undefined : seconds;
}

// {} for what is no JSON object, as the page of a proxy is.
export const readObject = async (response: Response): Promise<Record<string, unknown>> => asObject(await response.json().catch(() => null));

const asObject = (value: unknown): Record<string, unknown> =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
