import createFetch, { type Client, type FetchOptions, type FetchResponse } from 'openapi-fetch';
import { operations as places } from './generated/operations.js';
import type { operations, paths } from './generated/schema.js';
import { Problem } from './problem.js';
import { transport, type TransportOptions } from './transport.js';

export type Operation = keyof typeof places & keyof operations;

// What an operation takes: `params` (path, query, header), `body`, and what fetch takes besides.
export type Input<Name extends Operation> = FetchOptions<operations[Name]>;
// What it answers; undefined where the reply has no body.
export type Output<Name extends Operation> =
  FetchResponse<operations[Name], Record<never, never>, `${string}/${string}`> extends infer Reply
    ? Reply extends { data: infer Data; error?: never } ? Data : never : never;

type RequiredKeys<T> = { [Key in keyof T]-?: Record<never, never> extends Pick<T, Key> ? never : Key }[keyof T];
type Arguments<Name extends Operation> = [RequiredKeys<Input<Name>>] extends [never] ? [input?: Input<Name>] : [input: Input<Name>];

// Every operation as a function by its operationId. It throws a Problem for a refusal.
export type Api = { readonly [Name in Operation]: (...input: Arguments<Name>) => Promise<Output<Name>> };

export interface Tenantd {
  api: Api;
  // openapi-fetch's own client on the same requests: by paths, with the whole reply, and without throwing.
  http: Client<paths>;
}

export interface TenantdOptions extends TransportOptions {
  baseUrl: string;
}

interface Reply {
  data?: unknown;
  error?: unknown;
  response: Response;
}

const etags = new WeakMap<object, string>();

// The ETag that came with a reply of this client, for If-Match; undefined if there was none.
export const etagOf = (data: object): string | undefined => etags.get(data);

export function createTenantd({ baseUrl, ...options }: TenantdOptions): Tenantd {
  const http = createFetch<paths>({ baseUrl, fetch: transport(options) });
  const request = http.request as unknown as (method: string, path: string, input?: object) => Promise<Reply>;
  const call = async (name: Operation, input?: object): Promise<unknown> => {
    const [method, path] = places[name];
    const { data, error, response } = await request(method.toLowerCase(), path, input);
    if (!response.ok) throw problemIn(response, error);
    const etag = response.headers.get('ETag');
    if (etag && typeof data === 'object' && data !== null) etags.set(data, etag);
    return data;
  };
  const api = Object.fromEntries((Object.keys(places) as Operation[]).map((name) => [name, (input?: object) => call(name, input)]));
  return { api: api as unknown as Api, http };
}

// openapi-fetch has read the body already.
const problemIn = ({ status, headers }: Response, body: unknown): Problem => Problem.of(status, headers, body);
