import { z } from "zod";
import { Role } from "./generated/prisma/client.js";

/** A text that people wrote, without the blanks around it, of 1 to `limit` characters. */
export const text = (name: string, limit: number) =>
  z
    .string({ error: `${name} is missing.` })
    .trim()
    .min(1, `${name} is missing.`)
    .max(limit, `${name} is longer than ${limit} characters.`)
    // Postgres cannot store the null character in text, and UTF-8 has no half of a surrogate pair
    .refine((value) => !value.includes("\0") && value.isWellFormed(), `${name} holds a character that cannot be stored.`);

/** Stored and compared in lower case. */
export const email = z
  .string({ error: "The email address is missing." })
  .trim()
  .toLowerCase()
  .min(1, "The email address is missing.")
  .max(254, "The email address is longer than 254 characters.")
  .pipe(z.email("This is not an email address."));

export const newPassword = z
  .string({ error: "The password is missing." })
  .min(12, "The password has fewer than 12 characters.")
  .max(128, "The password is longer than 128 characters.");

export const role = z.enum(Role, "The role is not reporter, responder or administrator.");
