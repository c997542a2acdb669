/** Where the API is, as the page's root element says (server/api-url.ts). */
export const apiUrlOfPage = (): string =>
  typeof document === "undefined" ? "" : (document.documentElement.dataset.apiUrl ?? "");
