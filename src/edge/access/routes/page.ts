import type { FastifyReply } from 'fastify';

/** A page without scripts; `style` is the nonce of its only style sheet. */
export interface Page {
  readonly html: string;
  readonly style: string;
}

export interface PageParts {
  readonly title: string;
  /** Markup: whatever comes from outside went through `escapeHtml`. */
  readonly body: string;
  /** A path of this site that the page goes on to. */
  readonly next?: string;
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; }
button { margin-top: 1.5rem; padding: .6rem 1.2rem; font: inherit; }
code { overflow-wrap: anywhere; font-size: 1.05rem; }
[role=alert] { border-left: .3rem solid #b00020; padding: .5rem 1rem; }
`;

export function page({ title, body, next }: PageParts): Page {
  // The page is never cached and holds no markup from outside: the nonce only has to differ.
  const style = crypto.randomUUID();
  const refresh = next === undefined ? '' : `<meta http-equiv="refresh" content="0; url=${escapeHtml(next)}">`;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${refresh}<title>${escapeHtml(title)} - Wardtwin</title>
<style nonce="${style}">${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
  return { html, style };
}

export function sendPage(reply: FastifyReply, { html, style }: Page, status = 200): FastifyReply {
  const policy = [
    "default-src 'none'",
    `style-src 'nonce-${style}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .code(status)
    .headers({
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .type('text/html; charset=utf-8')
    .send(html);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
