/**
 * What a page may load: scripts that carry the nonce and those they load, this site's own styles and
 * images, and calls to this site and to the API. The development server also evaluates code.
 */
export function contentSecurityPolicy(nonce: string, apiUrl: string, development: boolean): string {
  const origin = URL.canParse(apiUrl) ? ` ${new URL(apiUrl).origin}` : "";
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self'${development ? " 'unsafe-inline'" : ""}`,
    "img-src 'self'",
    `connect-src 'self'${origin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}
