/** Sign in or create an account with e-mail and password. */
import { type FormEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import type { Auth, SignInResult } from './open-auth.ts';

type Mode = 'sign_in' | 'sign_up';

const MODES = {
  sign_in: { title: 'Sign in', submit: 'Sign in', other: 'New here?', switch: 'Create an account' },
  sign_up: { title: 'Create an account', submit: 'Create account', other: 'Have an account?', switch: 'Sign in' },
} as const;

/** Supabase's default minimum. */
const PASSWORD_MIN = 6;

export function SignIn({ auth }: { readonly auth: Auth }): ReactElement {
  const [mode, setMode] = useState<Mode>('sign_in');
  const [isBusy, setIsBusy] = useState(false);
  const [result, setResult] = useState<SignInResult>();
  const alert = useRef<HTMLParagraphElement>(null);
  const words = MODES[mode];
  useEffect(() => {
    if (result?.outcome === 'refused') alert.current?.focus();
  }, [result]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const credentials = { email: String(form.get('email')).trim(), password: String(form.get('password')) };
    setIsBusy(true);
    setResult(undefined);
    const answer = await (mode === 'sign_in' ? auth.signIn(credentials) : auth.signUp(credentials)).catch(
      (): SignInResult => ({ outcome: 'refused', words: 'That did not work. Try again in a minute.' }),
    );
    setResult(answer);
    setIsBusy(false);
  };

  return (
    <main className="sign-in">
      <form className="panel sign-in__form" onSubmit={submit}>
        <img src={ICON} alt="" width="40" height="40" />
        <h1>{words.title}</h1>
        {result?.outcome === 'refused' && (
          <p className="notice notice--problem" role="alert" tabIndex={-1} ref={alert}>
            {result.words}
          </p>
        )}
        {result?.outcome === 'confirm_email' && (
          <p className="notice" role="status">
            Almost there: open the link in the e-mail that was sent to you.
          </p>
        )}
        <label className="field">
          E-mail
          <input name="email" type="email" autoComplete="email" required />
        </label>
        <label className="field">
          Password
          <input
            name="password"
            type="password"
            autoComplete={mode === 'sign_in' ? 'current-password' : 'new-password'}
            minLength={mode === 'sign_in' ? undefined : PASSWORD_MIN}
            required
          />
        </label>
        <button type="submit" className="button button--primary" disabled={isBusy}>
          {isBusy ? 'One moment …' : words.submit}
        </button>
        <p className="sign-in__other">
          {words.other}{' '}
          <button
            type="button"
            className="link"
            onClick={() => {
              setMode(mode === 'sign_in' ? 'sign_up' : 'sign_in');
              setResult(undefined);
            }}
          >
            {words.switch}
          </button>
        </p>
      </form>
    </main>
  );
}

const ICON = new URL('../icon.svg', import.meta.url).href;
