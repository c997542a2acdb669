import type {
  Account,
  AuditEntry,
  BrowserSession,
  Event,
  Invitation,
  Link,
  News,
  Page,
  Person,
  Report,
  ReportItem,
  Role,
  State,
  Status,
} from "./model";

/** The message for each field of a form that is not valid. */
export type FieldErrors = Partial<Record<string, string>>;

/** The API refused (`status` is HTTP's) or could not be reached (0). The message is for the person at the screen. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly fields: FieldErrors = {},
  ) {
    super(message);
  }
}

const UNREACHABLE = "The server cannot be reached. Check your connection and try again.";
const SLOW = "The server is taking too long to answer. If you were sending something, check whether it arrived.";
const FAILED = "The server could not answer. Please try again in a moment.";
const TOO_OFTEN = "Too many requests in a short time. Please wait a few minutes, then try again.";
const PATIENCE = 20_000; // milliseconds

/** The message of an error response (RFC 9457), else a general one. */
async function readProblem(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as {
    detail?: string;
    errors?: { field: string; message: string }[];
  } | null;
  const fields = Object.fromEntries((problem?.errors ?? []).map(({ field, message }) => [field, message]));
  return new ApiError(problem?.detail ?? (response.status === 429 ? TOO_OFTEN : FAILED), response.status, fields);
}

/** Which reports to list: in states, separated by commas, and with the words of a search; all of them where empty. */
export interface Wanted {
  states: string;
  search: string;
}

/** The calls this site makes; each rejects with an ApiError, which `onRefusal` gets first. */
export function createApi(baseUrl: string, onRefusal: (error: ApiError) => void = () => {}) {
  const base = baseUrl.replace(/\/+$/, "");

  async function call<T>(method: string, path: string, body?: unknown, token?: string): Promise<T> {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch(`${base}/api${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "include",
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    }).catch((error: unknown) => {
      throw new ApiError((error as Error).name === "TimeoutError" ? SLOW : UNREACHABLE, 0);
    });
    if (!response.ok) {
      const problem = await readProblem(response);
      onRefusal(problem);
      throw problem;
    }
    if (response.status === 204) return undefined as T;
    return (await response.json().catch(() => {
      throw new ApiError(FAILED, response.status);
    })) as T;
  }

  const listed = (path: string, before?: string, limit = 20, { states = "", search = "" }: Partial<Wanted> = {}) =>
    `${path}?${new URLSearchParams({
      limit: String(limit),
      ...(states && { state: states }),
      ...(search && { search }),
      ...(before && { before }),
    })}`;

  return {
    status: () => call<Status>("GET", "/status"),
    session: () => call<{ account: Account | null }>("GET", "/session"),
    signIn: (email: string, password: string) =>
      call<{ account: Account; failures: number }>("POST", "/session", { email, password }),
    signOut: () => call<void>("DELETE", "/session"),
    sessions: () => call<{ items: BrowserSession[] }>("GET", "/sessions"),
    signOutEverywhere: () => call<void>("DELETE", "/sessions"),
    changePassword: (change: { current: string; password: string }) => call<void>("PUT", "/password", change),
    passwordReset: (token: string) => call<{ email: string }>("GET", "/password-reset", undefined, token),
    resetPassword: (password: string, token: string) => call<void>("POST", "/password-reset", { password }, token),

    register: (account: { name: string; email: string; password: string }, token?: string) =>
      call<{ account: Account }>("POST", "/accounts", account, token),
    accounts: (before?: string) => call<Page<Account>>("GET", listed("/accounts", before)),
    changeAccount: (id: string, change: { role: Role } | { disabled: boolean }) =>
      call<{ account: Account }>("PATCH", `/accounts/${id}`, change),
    createReset: (id: string) => call<Link>("POST", `/accounts/${id}/password-reset`),
    responders: () => call<{ items: Person[] }>("GET", "/responders"),
    audit: (before?: string) => call<Page<AuditEntry>>("GET", listed("/audit", before)),

    invitation: (token: string) =>
      call<{ role: Role; addressee: string | null; expiresAt: string }>("GET", "/invitation", undefined, token),
    acceptInvitation: (token: string) => call<{ account: Account }>("POST", "/invitation/accept", undefined, token),
    invitations: (before?: string) => call<Page<Invitation>>("GET", listed("/invitations", before)),
    invite: (role: Role, addressee: string) => call<Invitation & Link>("POST", "/invitations", { role, addressee }),
    revoke: (id: string) => call<void>("DELETE", `/invitations/${id}`),

    news: () => call<News>("GET", "/news"),
    reports: (wanted: Wanted, before?: string, limit?: number) =>
      call<Page<ReportItem>>("GET", listed("/reports", before, limit, wanted)),
    report: (id: string) => call<Report>("GET", `/reports/${encodeURIComponent(id)}`),
    events: (id: string, before: string, limit?: number) =>
      call<Page<Event>>("GET", listed(`/reports/${id}/events`, before, limit)),
    file: (report: { title: string; description: string; about: string[] }) => call<Report>("POST", "/reports", report),
    move: (id: string, state: State, from: State) => call<Report>("PATCH", `/reports/${id}`, { state, from }),
    /** Notes that the person was shown everything up to an entry. */
    noteRead: (id: string, event: string) => call<void>("PUT", `/reports/${id}/read`, { event }),
    comment: (id: string, text: string) => call<Event>("POST", `/reports/${id}/comments`, { text }),
  };
}

export type Api = ReturnType<typeof createApi>;

/** Anything thrown, as an ApiError. */
export const asApiError = (error: unknown): ApiError => (error instanceof ApiError ? error : new ApiError(FAILED, 0));

/** The message to show for anything thrown. */
export const messageOf = (error: unknown): string => asApiError(error).message;
