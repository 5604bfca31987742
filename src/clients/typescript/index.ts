export { type Api, createTenantd, etagOf, type Input, type Operation, type Output, type Tenantd, type TenantdOptions } from './client.js';
export { cookieSession, type CookieSessionOptions } from './cookie_session.js';
export type { components, operations, paths } from './generated/schema.js';
export { OauthSession, type OauthSessionOptions, type SignIn } from './oauth_session.js';
export { type Fault, isProblem, Problem, type ProblemCode, problemOf, type ProblemsOf } from './problem.js';
export { type Grant, Session, type SessionOptions, type Source, type Token } from './session.js';
export { transport, type TransportOptions } from './transport.js';
