import { z } from "zod";

const LONGEST_PAGE = 100;
const message = `The limit is not a number from 1 to ${LONGEST_PAGE}.`;

/** `?limit=` entries of a list, newest first, that are older than the entry `?before=`. */
export const pageQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, message)
    .transform(Number)
    .pipe(z.int().min(1, message).max(LONGEST_PAGE, message))
    .default(20),
  before: z.uuid("This is not an entry of the list.").optional(),
});

export type Page = z.infer<typeof pageQuery>;

/** What a query for this page asks of Prisma; one entry more than is shown tells whether another page follows. */
export const selectPage = <Where>({ limit, before }: Page, where: Where) => ({
  where: { AND: [where, before === undefined ? {} : { id: { lt: before } }] },
  orderBy: { id: "desc" as const },
  take: limit + 1,
});

/** The answer: `next` is the `before` of the page after this one. */
export function toPage<Found extends { id: string }, Shown>(
  found: Found[],
  { limit }: Page,
  total: number,
  show: (entry: Found) => Shown,
) {
  const items = found.slice(0, limit);
  return { items: items.map(show), next: found.length > limit ? (items.at(-1)?.id ?? null) : null, total };
}
