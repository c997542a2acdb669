import { connection } from "next/server";

/**
 * Where the browser finds the API: the container's API_URL, else the NEXT_PUBLIC_API_URL the image
 * was built with, else the page's own origin ("").
 */
export const configuredApiUrl = (): string => process.env.API_URL ?? process.env.NEXT_PUBLIC_API_URL ?? "";

/** The same for a page. Waiting for the connection keeps it out of the build: one image serves every environment. */
export async function apiUrl(): Promise<string> {
  await connection();
  return configuredApiUrl();
}
