import { PASSWORD_MIN } from '#assure/access/password-policy';
import type { LinkPurpose, NewCredentials } from '../credential-links.ts';
import { escapeHtml, type Page, page } from './page.ts';

/** The form behind a single-use link. Everything it can say is said by labels and text: it has to work with a screen reader. */
export function setUpForm(token: string, purpose: LinkPurpose, fault?: string): Page {
  const first = purpose.kind === 'first-administrator';
  const alert = fault === undefined ? '' : `<p role="alert">${escapeHtml(fault)}</p>`;
  const who = first
    ? `<label for="name">Sign-in name</label>
<input id="name" name="name" required minlength="2" maxlength="64" autocomplete="username" autocapitalize="none" spellcheck="false">
<label for="displayName">Your name, as others see it</label>
<input id="displayName" name="displayName" required maxlength="100" autocomplete="name">`
    : `<p>For <strong>${escapeHtml(purpose.account.displayName)}</strong>, who signs in as <code>${escapeHtml(purpose.account.name)}</code>.</p>`;
  const title = first ? 'Set up this platform' : 'Set your password';
  const body = `${alert}
<p>${first ? 'You become its first administrator. ' : ''}This link works once. Have an authenticator application at hand: you are shown its secret next.</p>
<form method="post" action="/setup" autocomplete="on">
<input type="hidden" name="token" value="${escapeHtml(token)}">
${who}
<label for="password">Password</label>
<input id="password" name="password" type="password" required minlength="${PASSWORD_MIN}" autocomplete="new-password" aria-describedby="password-rule">
<p id="password-rule">At least ${PASSWORD_MIN} characters. Several words are better than one odd one.</p>
<button type="submit">Go on</button>
</form>`;
  return page({ title, body });
}

export function credentialsPage({ name, totpSecret, totpUri, recoveryCodes }: NewCredentials): Page {
  const codes = recoveryCodes.map((code) => `<li><code>${escapeHtml(code)}</code></li>`).join('\n');
  const grouped = totpSecret.replaceAll(/(.{4})(?=.)/g, '$1 ');
  const body = `<p>You sign in as <code>${escapeHtml(name)}</code>. This page is shown <strong>once</strong>: keep both parts before you leave it.</p>
<h2>Second factor</h2>
<p>Add this secret to your authenticator application (time-based, 6 digits, 30 seconds):</p>
<p><code>${escapeHtml(grouped)}</code></p>
<p>or <a href="${escapeHtml(totpUri)}">open it in an application on this device</a>:<br><code>${escapeHtml(totpUri)}</code></p>
<h2>Recovery codes</h2>
<p>Each of them stands in for the second factor once. Keep them where your telephone is not.</p>
<ol>
${codes}
</ol>
<p><a href="/">I have kept both</a></p>`;
  return page({ title: 'Keep these', body });
}

export const deadLinkPage = (): Page =>
  page({
    title: 'This link does not work',
    body: '<p>It was used, is older than a day, was withdrawn, or is none. An administrator can make another one; a platform that is not set up yet prints one when it starts.</p>',
  });
