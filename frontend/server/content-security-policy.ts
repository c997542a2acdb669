/**
 * What a page may load: the scripts that `scripts` names, this site's own styles and images, and calls to this site and
 * to the API. The development server also evaluates code.
 */
export function contentSecurityPolicy(scripts: string, apiUrl: string, development = false): string {
  const origin = URL.canParse(apiUrl) ? ` ${new URL(apiUrl).origin}` : "";
  return [
    "default-src 'none'",
    `script-src 'self' ${scripts}${development ? " 'unsafe-eval'" : ""}`,
    `style-src 'self'${development ? " 'unsafe-inline'" : ""}`,
    "img-src 'self'",
    `connect-src 'self'${origin}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join("; ");
}
