/** One incident as the API answers it; `createdAt` is an ISO 8601 time. */
export interface Report {
  id: string;
  title: string;
  description: string;
  state: string;
  createdAt: string;
  followUpUrl: string;
}

export interface Status {
  revision: string;
  database: { version: string | null; migration: string | null };
  reports: number;
}

export interface NewReport {
  title: string;
  description: string;
}

export type FieldErrors = Partial<Record<keyof NewReport, string>>;

/** The API refused or could not be reached. The message is meant for the person at the screen. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly fields: FieldErrors = {},
  ) {
    super(message);
  }
}

const UNREACHABLE = "The server cannot be reached. Check your connection and try again.";
const FAILED = "The server could not answer. Please try again in a moment.";

/** What an error response says about itself (RFC 9457), else a general sentence. */
async function readProblem(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => null)) as {
    detail?: string;
    errors?: { field: string; message: string }[];
  } | null;
  const fields = Object.fromEntries((problem?.errors ?? []).map(({ field, message }) => [field, message]));
  return new ApiError(problem?.detail ?? FAILED, fields);
}

/** The calls this site makes; each rejects with an ApiError. */
export function createApi(baseUrl: string) {
  const base = baseUrl.replace(/\/+$/, "");

  async function call<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${base}/api${path}`, { credentials: "include", cache: "no-store", ...init }).catch(
      () => {
        throw new ApiError(UNREACHABLE);
      },
    );
    if (!response.ok) throw await readProblem(response);
    return (await response.json().catch(() => {
      throw new ApiError(FAILED);
    })) as T;
  }

  return {
    status: () => call<Status>("/status"),
    reports: () => call<Report[]>("/reports"),
    file: (report: NewReport) =>
      call<Report>("/reports", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(report),
      }),
    followUp: (token: string) => call<Report>("/follow-up", { headers: { Authorization: `Bearer ${token}` } }),
  };
}

/** The sentence to show for whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof ApiError ? error.message : FAILED);
