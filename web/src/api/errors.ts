import type { ProblemBody } from './types';

/** A refusal of the server (RFC 9457), or the lack of an answer, as one kind of error. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly hint: string | undefined;
  readonly traceId: string | undefined;
  /** What is wrong, by the form field's name. */
  readonly fields: Record<string, string>;
  /** Other facts of the refusal, such as the operation that holds a lock. */
  readonly more: Record<string, unknown>;

  constructor(status: number, problem: ProblemBody & Record<string, unknown>) {
    super(problem.detail || problem.title || `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = problem.code ?? codeOf(status);
    this.hint = problem.hint ?? undefined;
    this.traceId = problem.traceId ?? undefined;
    this.fields = fieldErrors(problem.errors);
    this.more = problem;
  }

  /** The operation that stands in the way, where the server names one. */
  get operationId(): string | undefined {
    return typeof this.more.operationId === 'string' ? this.more.operationId : undefined;
  }
}

function codeOf(status: number): string {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'too_many_requests';
  return status >= 500 ? 'server_error' : `http_${status}`;
}

/** `$.defaultEnvVars.FOO` and `DefaultEnvVars` both belong to the field `defaultEnvVars`. */
function fieldErrors(errors: ProblemBody['errors']): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [path, messages] of Object.entries(errors ?? {})) {
    const name = path.replace(/^\$\.?/, '').split(/[.[]/)[0] ?? '';
    const key = name.charAt(0).toLowerCase() + name.slice(1);
    fields[key] ??= messages.join(' ');
  }
  return fields;
}

export async function problemOf(response: Response): Promise<ApiError> {
  try {
    const body: unknown = await response.json();
    if (typeof body === 'object' && body !== null) return new ApiError(response.status, body as ProblemBody & Record<string, unknown>);
  } catch {
    // A proxy in between may answer with a page of its own.
  }
  return new ApiError(response.status, { title: response.statusText || `The server answered ${response.status}.` });
}

export function noAnswer(): ApiError {
  return new ApiError(0, {
    code: 'network',
    detail: 'The server cannot be reached.',
    hint: 'Check your connection; the page tries again by itself.',
  });
}

export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(0, { code: 'client_error', detail: error instanceof Error ? error.message : String(error) });
}
