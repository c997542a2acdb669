import { z } from "zod";
import { Role } from "../generated/prisma/client.js";

/** Text that people wrote, without the white space around it, of 1 to `limit` characters. */
export const text = (name: string, limit: number) =>
  z
    .string({ error: `${name} is missing.` })
    .trim()
    .min(1, `${name} is missing.`)
    .max(limit, `${name} is longer than ${limit} characters.`)
    // Postgres cannot store the null character in text, and UTF-8 has no half of a surrogate pair
    .refine(
      (value) => !value.includes("\0") && value.isWellFormed(),
      `${name} contains a character that cannot be stored.`,
    );

// Control characters, direction overrides, unassigned and invisible characters, line ends: all of them make one name
// look like another. U+2800 is a blank Braille cell.
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;
// Persian and several Indian languages need joiners between letters of a word
const JOINED = "Arabic Devanagari Bengali Gujarati Kannada Malayalam Sinhala Tamil Telugu"
  .split(" ")
  .map((script) => `\\p{Script=${script}}`);
const JOINER = new RegExp(`(?<=[${JOINED.join("")}])[\\u200c\\u200d](?=\\p{L})`, "gu");

const isVisible = (value: string): boolean => !UNSEEN.test(value.replace(JOINER, ""));
const tidySpaces = (value: string): string => value.normalize("NFC").replace(/\p{Zs}+/gu, " ");

/** The name that others see, all of it visible. Two people may have the same one, so pages show the role too. */
export const personName = text("The name", 80)
  .refine(isVisible, "The name contains an invisible or control character.")
  .transform(tidySpaces)
  .refine((value) => /[\p{L}\p{N}]/u.test(value), "The name has no letter.");

/**
 * Stored and compared in lower case. Nobody checks that the address belongs to the person: there is no mail. The owner
 * of an address that somebody else took gets the account by an administrator's link for a new password.
 */
export const email = z
  .string({ error: "The email address is missing." })
  .trim()
  .toLowerCase()
  .min(1, "The email address is missing.")
  .max(254, "The email address is longer than 254 characters.")
  .pipe(z.email("This is not an email address."));

/** Whom an invitation is for, as its list shows it. */
export const addressee = text("The name or email address", 254)
  .refine(isVisible, "The name or email address contains an invisible or control character.")
  .transform(tidySpaces);

export const role = z.enum(Role, "The role is not reporter, responder or administrator.");

/** The id in an address, or one that nothing has. */
export const idOf = (value: unknown): string => z.uuid().catch("00000000-0000-0000-0000-000000000000").parse(value);
