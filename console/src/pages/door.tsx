// Signing in.

import { useState } from 'preact/hooks';
import { signIn, type Session } from '../api';
import { Note, TextField, useDoing } from '../parts/ui';
import bell from '../bell.svg';

export function Door({ opened, note }: { opened: (session: Session) => void; note: string | null }) {
  const [key, setKey] = useState('');
  const doing = useDoing();
  document.title = 'Sign in · Carillon';
  const submit = (event: Event) => {
    event.preventDefault();
    void doing.run(async () => opened(await signIn(key.trim())));
  };
  return (
    <main class="door">
      <div class="card">
        <form class="in" onSubmit={submit}>
          <div class="brand" style={{ padding: 0 }}>
            <img src={bell} alt="" />
            Carillon
          </div>
          <h1>Sign in</h1>
          {note && <Note>{note}</Note>}
          <TextField
            label="API key"
            hint="It begins with carillon_. It is changed for a session of twelve hours and not kept in this browser."
            value={key}
            set={setKey}
            wrong={doing.error?.message ?? null}
            input={{
              type: 'password',
              autoComplete: 'current-password',
              required: true,
              autoFocus: true,
              spellcheck: false,
            }}
          />
          <button class="main-act" disabled={doing.isBusy || !key.trim()}>
            {doing.isBusy ? 'Signing in …' : 'Sign in'}
          </button>
          <p class="small soft">
            A key with the scope <code>read</code> sees everything with numbers masked and changes nothing.
          </p>
        </form>
      </div>
    </main>
  );
}
