import './styles/tokens.css';
import './styles/app.css';
import './styles/extra.css';
import './styles/desk.css';
import './styles/view.css';
import './styles/versions.css';
import './styles/lock.css';
import './styles/time.css';
import './styles/thaw.css';
import './styles/lifecycle.css';
import { mount } from 'svelte';
import { connectBackend } from './lib/backend';
import { App as AppState } from './lib/state/app.svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app element');

const app = new AppState(await connectBackend());
mount(App, { target, props: { app } });
await app.start();
