/**
 * Where the browser finds the API: the container's API_URL, else the NEXT_PUBLIC_API_URL the image was built with, else
 * the page's own origin (""). In a page that was rendered when the image was built, the server puts it in.
 */
export const configuredApiUrl = (): string => process.env.API_URL ?? process.env.NEXT_PUBLIC_API_URL ?? "";
