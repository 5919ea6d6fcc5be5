// Object Lock and the purge of old versions on the mock core: what is locked is seen and cannot be deleted, a lock is set, extended and
// taken off by keyboard alone, old versions are destroyed for good. Looked over by axe in both themes; pictures go to
// build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { focusOn, goTo, onMock, open, RAW } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

const dialog = (page) => page.getByRole('dialog').or(page.getByRole('alertdialog'));
const inspector = (page) => page.getByRole('complementary', { name: 'Inspector' });
const row = (page, name) => page.getByRole('row', { name: new RegExp(name.replace('.', '\\.')) });

/** The day so many days from now, as a lock of the sample ends on it. */
function dayIn(days) {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + days, 12));
}
const iso = (at) => at.toISOString().slice(0, 10);
const words = (at) =>
  at.toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** The folder with photos, in a bucket whose objects can be locked. */
async function locked() {
  const opened = await open('&lock');
  await row(opened.page, 'DJI_0405.JPG.*Locked: ').waitFor();
  return opened;
}

async function command(page, name) {
  await page.keyboard.press('Control+k');
  await page.keyboard.type(`> ${name}`);
  await page.getByRole('option', { name: new RegExp(name), selected: true }).waitFor();
  await page.keyboard.press('Enter');
}

async function focusRow(page, name) {
  await goTo(page, `${RAW}${name}`);
  await focusOn(page, name);
}

test('hb22 what is locked says so in the list and the inspector, and is not deleted', async () => {
  const { page, context, errors } = await locked();
  const governance = words(dayIn(83));
  const compliance = words(dayIn(461));
  const chip = page.getByRole('button', { name: 'Object Lock: new objects kept 30 days, governance' });
  await chip.waitFor();
  // DJI_0405: compliance. DJI_0406: governance. DJI_0401 is free.
  await row(page, `DJI_0406.JPG.*Locked: Kept until ${governance} \\(governance\\)`).waitFor();
  assert.equal(await row(page, 'DJI_0401.JPG.*Locked').count(), 0);
  await row(page, 'DJI_0405.JPG').click();
  const lock = inspector(page);
  await lock.getByText('Compliance', { exact: true }).waitFor();
  const reason = `Kept until ${compliance} (compliance). Nobody can delete it before then.`;
  await lock.getByText(reason).waitFor();
  await picture(page, 'A-lock', { guide: 'lock' });

  // Delete is off, and says why: by the key, in the menu and in the selection bar.
  await focusOn(page, 'DJI_0405.JPG');
  await page.keyboard.press('Delete');
  await page.locator('.toasts').getByText(reason).waitFor();
  assert.equal(await dialog(page).count(), 0);
  await page.keyboard.press('Shift+F10');
  const item = page.getByRole('menuitem', { name: /^Delete/ });
  assert.equal(await item.getAttribute('aria-disabled'), 'true');
  assert.equal(await item.getAttribute('title'), reason);
  await page.keyboard.press('Escape');
  await focusRow(page, 'DJI_0405.JPG');
  await page.keyboard.press('Space');
  const bar = page.getByRole('toolbar', { name: 'Selection' });
  const bin = bar.getByRole('button', { name: 'Delete…' });
  assert.equal(await bin.getAttribute('aria-disabled'), 'true');
  await page.keyboard.press('Shift+ArrowDown');
  await page.waitForFunction(() =>
    document.querySelector('.selbar .btn--dngtext')?.title.startsWith('All 2 are locked'),
  );

  // With others in the selection the question says how many are locked and stay.
  await page.keyboard.press('Shift+ArrowDown');
  await page.waitForFunction(() => document.querySelector('.selbar .btn--dngtext')?.ariaDisabled !== 'true');
  await page.keyboard.press('Delete');
  const ask = page.getByRole('alertdialog', { name: 'Delete 1 object?' });
  await ask.getByText('2 of 3 are locked and stay as they are.').waitFor();
  await picture(page, 'G-lock-delete');
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+2');
  await page.getByRole('gridcell', { name: /DJI_0405.JPG.*Locked: Kept until/ }).waitFor();
  await picture(page, 'B-lock');
  await page.keyboard.press('Control+1');

  await chip.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Objects can be locked in inspections-prod' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.classList.contains('lkchip'));
  assert.deepEqual(errors, []);
  await context.close();
});

test('a compliance lock is set by keyboard, and starts only when its very day is typed', async () => {
  const { page, context, errors } = await locked();
  await focusRow(page, 'DJI_0402.JPG');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowDown');
  await page.keyboard.press('Shift+ArrowDown');
  await command(page, 'Lock…');
  await page.getByRole('dialog', { name: 'Lock 3 items' }).waitFor();
  await page.waitForFunction(() => document.activeElement?.placeholder === '2027-03-01');
  assert.equal(await page.getByLabel('Keep until').inputValue(), iso(dayIn(30)), 'the default of the bucket');
  // What cannot be read, or is over, cannot be started.
  const next = page.getByRole('button', { name: 'Lock…', exact: true });
  await page.keyboard.press('Control+a');
  await page.keyboard.type('2020-01-01');
  await page.getByText('This day is over.').waitFor();
  assert.ok(await dialog(page).locator('.dlg__f .btn--pri').isDisabled());
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const day = await page.getByLabel('Keep until').inputValue();
  assert.equal(day.slice(0, 4), String(new Date().getUTCFullYear() + 1), 'a year from now');
  await page.getByRole('radio', { name: 'Governance' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.getByRole('radio', { name: 'Compliance', checked: true }).waitFor();
  await picture(page, 'G-lock');
  await dialog(page).locator('.dlg__f .btn--pri').focus();
  assert.ok((await next.count()) > 0);
  await page.keyboard.press('Enter');

  const ask = page.getByRole('dialog', { name: 'Lock 3 objects?' });
  await ask.getByText(/not even the owner of the account/).waitFor();
  const start = ask.getByRole('button', { name: 'Lock 3' });
  assert.ok(await start.isDisabled());
  await ask.getByLabel(`Type ${day} to lock`).focus();
  await page.keyboard.type(`${day.slice(0, 8)}99`);
  assert.ok(await start.isDisabled());
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await page.keyboard.type(day.slice(8));
  await page.waitForFunction(() => !document.querySelector('dialog .dlg__f .btn--pri')?.disabled);
  await picture(page, 'G-lock-type');
  await start.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page.getByText('Lock of 3 objects changed.').first().waitFor({ timeout: 20_000 });
  // The list asks again and shows it; nothing takes it back.
  assert.equal(await page.getByRole('button', { name: /^Undo: Lock/ }).count(), 0);
  await page.keyboard.press('Control+j');
  await row(page, 'DJI_0402.JPG.*Locked: .*compliance').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a lock is extended from its present day, never lowered, and a hold is taken off by itself', async () => {
  const { page, context, errors } = await locked();
  await focusRow(page, 'DJI_0405.JPG');
  await inspector(page).getByRole('button', { name: 'Extend…' }).click();
  const extend = page.getByRole('dialog', { name: 'Extend the lock of DJI_0405.JPG' });
  await extend.waitFor();
  const field = extend.getByLabel('Keep until');
  assert.equal(await field.inputValue(), iso(dayIn(461)));
  const lower = extend.getByRole('radio', { name: 'Governance' });
  assert.equal(await lower.getAttribute('aria-disabled'), 'true');
  await field.fill(iso(dayIn(400)));
  await extend.getByText('It is kept longer already.').waitFor();
  await field.fill(iso(dayIn(500)));
  await page.keyboard.press('Enter');
  await page.getByLabel(`Type ${iso(dayIn(500))} to lock`).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => !document.querySelector('dialog[open]'));

  await focusRow(page, 'site-notes.pdf');
  await inspector(page).getByText('It stays until the hold is taken off.').waitFor();
  await inspector(page).getByRole('button', { name: 'Take the hold off…' }).click();
  const off = page.getByRole('dialog', { name: 'Take the hold off 1 object?' });
  await off.getByRole('button', { name: 'Take off 1' }).click();
  await page.getByText('Lock of 1 object changed.').first().waitFor();
  await inspector(page).getByText('It is not locked.').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('one version is destroyed from the timeline, a locked one and the current one are not', async () => {
  const { page, context, errors } = await locked();
  await focusRow(page, 'DJI_0412.JPG');
  await command(page, 'Show versions');
  const list = page.getByRole('grid', { name: 'Versions of DJI_0412.JPG' });
  await list.waitFor();
  await page.waitForFunction(() => document.activeElement?.closest('.vers'));
  const lines = page.getByRole('region', { name: /^Lock, Version of/ });
  await lines.getByText(`Kept until ${words(dayIn(83))} (governance)`).waitFor();
  const menu = async () => {
    await page.keyboard.press('Shift+F10');
    const item = page.getByRole('menuitem', { name: 'Destroy this version…' });
    await item.waitFor();
    return { off: await item.getAttribute('aria-disabled'), why: await item.getAttribute('title'), item };
  };
  const first = await menu();
  assert.match(first.why, /The current version always stays/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await lines.getByText(`Kept until ${words(dayIn(40))} (governance)`).waitFor();
  await picture(page, 'D-lock-version');
  const second = await menu();
  assert.equal(second.off, 'true');
  assert.match(second.why, /^Kept until/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  await lines.getByText('It is not locked.').waitFor();
  const third = await menu();
  assert.equal(third.off, null);
  await third.item.focus();
  await page.keyboard.press('Enter');
  const ask = page.getByRole('alertdialog', { name: 'Destroy 1 version for good?' });
  const go = ask.getByRole('button', { name: 'Destroy 1' });
  assert.ok(await go.isDisabled());
  await ask.getByLabel('Type 1 to destroy').fill('1');
  await go.click();
  await page.getByText('1 version destroyed.').first().waitFor();
  await page.waitForFunction(() => document.querySelector('.vers [role=grid]')?.ariaRowCount === '6');
  assert.deepEqual(errors, []);
  await context.close();
});

test('old versions are purged by keyboard: listed first, the locked ones left, the number typed', async () => {
  const { page, context, errors } = await locked();
  await focusRow(page, 'DJI_0412.JPG');
  await command(page, 'Purge old versions…');
  const form = page.getByRole('dialog', { name: 'Purge old versions' });
  await form.getByRole('radio', { name: 'DJI_0412.JPG', checked: true }).waitFor();
  await page.waitForFunction(() => document.activeElement?.role === 'radio');
  await page.keyboard.press('ArrowDown');
  await form.getByRole('radio', { name: /raw/, checked: true }).waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('x');
  await form.getByText('Only a whole number will do.').waitFor();
  assert.ok(await form.locator('.dlg__f .btn--pri').isDisabled());
  await page.keyboard.press('Control+a');
  await page.keyboard.type('0');
  await form.getByRole('checkbox', { name: 'Delete markers too' }).focus();
  await page.keyboard.press('Space');
  await picture(page, 'G-purge');
  await form.getByLabel('At least (MB)').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('21');
  await page.keyboard.press('Enter');

  const ask = page.getByRole('alertdialog', { name: /^Destroy \d+ versions for good\?$/ });
  await ask.waitFor();
  const number = /Destroy (\d+)/.exec(await ask.getByRole('heading').first().textContent())[1];
  const rows = ask.getByRole('grid', { name: 'Versions of the plan' });
  await rows
    .getByRole('row', { name: /^Destroy: / })
    .first()
    .waitFor();
  await rows.getByRole('row', { name: /^Left: .*DJI_0412.*It is locked/ }).waitFor();
  assert.equal(await rows.getAttribute('aria-rowcount'), String(Number(number) + 1 + 1));
  await ask.getByText('It can go once the retention is over').waitFor();
  const go = ask.getByRole('button', { name: `Destroy ${number}` });
  assert.ok(await go.isDisabled());
  await ask.getByLabel(`Type ${number} to destroy`).focus();
  await page.keyboard.type(number);
  await picture(page, 'G-purge-plan', { guide: 'purge' });
  await go.focus();
  await page.keyboard.press('Enter');
  await page.getByText(new RegExp(`^Destroying ${number} versions`)).waitFor();
  const name = /Purge old versions of/;
  await page.getByRole('button', { name: /^Pause: Purge/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^Resume: Purge/ }).focus();
  await page.keyboard.press('Enter');
  await page.getByText(`${number} versions destroyed, 1 left: see why.`).first().waitFor({ timeout: 20_000 });
  await page.getByRole('tab', { name: /^Done/ }).click();
  await page.getByText(name).first().waitFor();
  assert.equal(await page.getByRole('button', { name: /^Undo: Purge/ }).count(), 0);
  assert.deepEqual(errors, []);
  await context.close();
});

test('where Object Lock is off nothing is asked or offered; a place in time offers the purge', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('button', { name: /^Versions on/ }).waitFor();
  assert.equal(await page.getByRole('button', { name: /^Object Lock/ }).count(), 0);
  assert.equal(await page.locator('.lksign').count(), 0);
  await row(page, 'DJI_0405.JPG').click();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Purge old versions…' }).waitFor();
  assert.equal(await page.getByRole('menuitem', { name: /^Lock/ }).count(), 0);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Shift+T');
  const more = page.locator('.time__bar').getByRole('button', { name: 'Actions' });
  await more.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Purge old versions…' }).waitFor();
  await page.keyboard.press('Enter');
  await page
    .getByRole('dialog', { name: 'Purge old versions' })
    .getByRole('radio', { name: /raw/, checked: true })
    .waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.ariaLabel === 'Actions');
  assert.deepEqual(errors, []);
  await context.close();
});
