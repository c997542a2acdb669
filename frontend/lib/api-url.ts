import { connection } from "next/server";

/**
 * Where the browser finds the API: the container's API_URL, else the NEXT_PUBLIC_API_URL the image
 * was built with, else the page's own origin (""). Waiting for the connection keeps this out of the
 * build: one image serves every environment.
 */
export async function apiUrl(): Promise<string> {
  await connection();
  return process.env.API_URL ?? process.env.NEXT_PUBLIC_API_URL ?? "";
}
