// How a person finds the way around, by keyboard, on the mock core: history, tabs, bookmarks, palette, regions. Every
// part is looked over by axe in both themes; pictures go to build/screenshots/.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RAW, focusOn, goTo, onMock, open } from './mock-page.mjs';
import { picture } from './picture.mjs';

onMock();

/** Name of what has the focus, with its tick. */
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');

test('back and forward bring the row, the scroll position and the ticks back', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /overlap-check/ }).click();
  await page.keyboard.press('End');
  await focusOn(page, 'what?.json');
  await page.keyboard.press('Space');
  await page.getByText('1 selected').waitFor();
  const scrolled = () => page.evaluate(() => document.querySelector('.vlist')?.scrollTop);
  const top = await scrolled();
  assert.ok(top > 1000, 'the list is scrolled');

  await goTo(page, 's3://inspections-prod/bridges/');
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();
  assert.equal(await scrolled(), 0, 'a new place starts at the top');
  await page.keyboard.press('Alt+ArrowLeft');
  await focusOn(page, 'what?.json');
  await page.getByText('1 selected').waitFor();
  assert.equal(await scrolled(), top);
  await page.keyboard.press('Alt+ArrowRight');
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();

  // The parent shows where we come from, and Enter goes there again.
  await page.keyboard.press('Alt+ArrowUp');
  await focusOn(page, 'bridges');
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();
  await focusOn(page, 'overlap-check');

  // The buttons at the side of the mouse, and those in the toolbar.
  const side = (button) =>
    page.evaluate((which) => {
      document.body.dispatchEvent(new MouseEvent('mouseup', { button: which, bubbles: true, cancelable: true }));
    }, button);
  await side(3);
  await page.getByRole('grid', { name: 'Objects in inspections-prod' }).waitFor();
  await side(4);
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('grid', { name: 'Objects in inspections-prod' }).waitFor();
  await page.getByRole('button', { name: 'Forward' }).click();
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Forward' }).isDisabled(), true);
  assert.deepEqual(errors, []);
  await context.close();
});

test('an address of an object puts the focus on its row', async () => {
  const { page, context, errors } = await open();
  await goTo(page, `${RAW}DJI_0700.JPG`);
  await focusOn(page, 'DJI_0700.JPG');
  await picture(page, 'A-address');
  assert.equal(await focused(page).then((name) => name.includes('DJI_0700.JPG')), true);
  assert.deepEqual(errors, []);
  await context.close();
});

test('tabs keep their place, history, order and ticks, and come back at the next start', async () => {
  const { page, context, errors } = await open();
  const bar = page.getByRole('tablist', { name: 'Tabs' });
  const tabs = bar.getByRole('tab');
  assert.equal(await page.getByRole('tablist', { name: 'Tabs' }).count(), 0, 'one tab needs no bar');
  await page.getByRole('button', { name: 'Size', exact: true }).click();
  await page.getByRole('row', { name: /DJI_0774/ }).click();
  await page.keyboard.press('Space');
  await page.getByText('1 selected').waitFor();

  await page.keyboard.press('Control+t');
  await page.getByRole('tab', { name: 'raw/', selected: true }).nth(0).waitFor();
  await goTo(page, 's3://inspections-prod/bridges/');
  await page.getByRole('tab', { name: 'bridges/', selected: true }).waitFor();
  await focusOn(page, 'overlap-check');
  // A folder in a new tab: by key, by the middle button, by Ctrl with a click on its name.
  await page.keyboard.press('Control+Enter');
  await page.getByRole('tab', { name: 'overlap-check/', selected: true }).waitFor();
  await page.keyboard.press('Control+w');
  await page.getByRole('tab', { name: 'bridges/', selected: true }).waitFor();
  await page.getByRole('row', { name: /pier-07/ }).click({ button: 'middle' });
  await page.getByRole('tab', { name: 'pier-07/', selected: true }).waitFor();
  await page
    .getByRole('row', { name: /overlap-check/ })
    .getByText('overlap-check')
    .click({ modifiers: ['Control'] });
  await page.getByRole('tab', { name: 'overlap-check/', selected: true }).waitFor();
  assert.equal(await tabs.count(), 4);
  await picture(page, 'A-tabs');

  await page.keyboard.press('Control+Tab');
  await page.getByRole('tab', { name: 'raw/', selected: true }).waitFor();
  await focusOn(page, 'DJI_0774');
  await page.getByText('1 selected').waitFor();
  assert.equal(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort'), 'descending');
  await page.keyboard.press('Control+Shift+Tab');
  await page.getByRole('tab', { name: 'overlap-check/', selected: true }).waitFor();

  // The bar itself: one stop, arrows move, Enter shows, Delete closes and the focus stays in the bar.
  await bar.getByRole('tab', { selected: true }).focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'pier-07/', selected: true }).waitFor();
  await page.keyboard.press('Delete');
  await page.waitForFunction(() => document.querySelectorAll('.tabbar [role=tab]').length === 3);
  await page.waitForFunction(() => document.activeElement?.ariaSelected === 'true');

  await page.keyboard.press('Control+Tab');
  await page.getByRole('tab', { name: 'raw/', selected: true }).waitFor();
  await page.waitForFunction(() => document.activeElement?.ariaSelected === 'true');
  await page.reload();
  await page.getByRole('tab', { name: 'raw/', selected: true }).waitFor();
  assert.deepEqual(await tabs.allInnerTexts(), ['raw/', 'bridges/', 'overlap-check/']);
  await focusOn(page, 'DJI_0774');
  assert.equal(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort'), 'descending');
  await page.keyboard.press('Control+Tab');
  await page.getByRole('tab', { name: 'bridges/', selected: true }).waitFor();
  await page.keyboard.press('Alt+ArrowLeft');
  await page.getByRole('tab', { name: 'raw/', selected: true }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('bookmarks: added, renamed, moved by key and by drag, removed', async () => {
  const { page, context, errors } = await open();
  const names = () => page.locator('.mark .nav__i').allInnerTexts();
  /** Waits until the sidebar shows these bookmarks in this order. */
  const shows = (...wanted) =>
    page.waitForFunction(
      (text) => [...document.querySelectorAll('.mark .nav__i')].map((e) => e.innerText).join() === text,
      wanted.join(),
    );
  await page.keyboard.press('Control+b');
  await shows('raw');
  assert.equal(await page.getByRole('button', { name: 'Bookmark this place' }).getAttribute('aria-pressed'), 'true');
  for (const place of ['bridges', 'culverts']) {
    await goTo(page, `s3://inspections-prod/${place}/`);
    await page.getByRole('grid', { name: `Objects in ${place}/` }).waitFor();
    await page.getByRole('button', { name: 'Bookmark this place' }).click();
  }
  await shows('raw', 'bridges', 'culverts');

  await page.locator('.mark .nav__i').first().focus();
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'Name' }).fill('A14 viaduct, raw');
  await page.keyboard.press('Enter');
  await shows('A14 viaduct, raw', 'bridges', 'culverts');
  await page.locator('.mark .nav__i').first().focus();
  await page.keyboard.press('Control+Shift+ArrowDown');
  await shows('bridges', 'A14 viaduct, raw', 'culverts');
  assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /A14/, 'the focus goes along');

  const from = await page.locator('.mark').nth(2).boundingBox();
  const to = await page.locator('.mark').nth(0).boundingBox();
  await page.mouse.move(from.x + 60, from.y + 12);
  await page.mouse.down();
  await page.mouse.move(from.x + 60, to.y + 20, { steps: 4 });
  await page.mouse.move(from.x + 60, to.y + 4, { steps: 2 });
  await page.locator('.mark.drop-before').waitFor();
  await page.mouse.up();
  await shows('culverts', 'bridges', 'A14 viaduct, raw');
  assert.equal(await page.getByRole('grid').getAttribute('aria-label'), 'Objects in culverts/', 'a drag is no click');

  await page.locator('.mark').nth(2).hover();
  await page.getByRole('button', { name: 'More for A14 viaduct, raw' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).waitFor();
  await picture(page, 'A-bookmarks');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^A14 viaduct/ }).click();
  await page.getByRole('grid', { name: 'Objects in raw/' }).waitFor();
  await page.reload();
  await shows('culverts', 'bridges', 'A14 viaduct, raw');
  await page.locator('.mark .nav__i').nth(1).focus();
  await page.keyboard.press('Delete');
  await shows('culverts', 'A14 viaduct, raw');
  assert.equal(await page.getByRole('dialog').count(), 0, 'Delete here is about the bookmark, not about objects');

  // The path bar offers bookmarks and the last places.
  await page.keyboard.press('Control+l');
  await page.getByRole('combobox', { name: 'Edit location' }).fill('culv');
  await page.getByRole('option', { name: /culverts/ }).waitFor();
  assert.equal(await page.getByRole('option').count(), 1);
  await page.keyboard.press('ArrowDown');
  await page.locator('[role=combobox][aria-activedescendant]').waitFor();
  await picture(page, 'A-path-suggestions');
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Objects in culverts/' }).waitFor();
  assert.equal((await names()).length, 2);
  assert.deepEqual(errors, []);
  await context.close();
});

test('palette: actions, places and objects by keyboard alone', async () => {
  const { page, context, errors } = await open();
  const field = page.getByRole('combobox', { name: 'Command palette' });
  const groups = () => page.getByRole('group').filter({ has: page.getByRole('option') });
  /** Waits until the line that Enter would run says this. */
  const active = (text) =>
    page.waitForFunction((wanted) => {
      const id = document.activeElement?.getAttribute('aria-activedescendant');
      const line = id && document.getElementById(id);
      return line && line.ariaSelected === 'true' && line.textContent.includes(wanted);
    }, text);

  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('Control+b');
  await goTo(page, 's3://inspections-prod/bridges/');
  await page.getByRole('grid', { name: 'Objects in bridges/' }).waitFor();
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('Control+k');
  await field.waitFor();
  assert.deepEqual(await groups().evaluateAll((all) => all.map((g) => g.firstElementChild.textContent.trim())), [
    'Actions',
    'Go to',
  ]);
  await picture(page, 'I-palette-empty');
  await page.keyboard.type('raw');
  await page.getByRole('option', { name: /raw.*inspections-prod\/bridges/ }).waitFor();
  await field.fill('dji 0412');
  await active('DJI_0412.JPG');
  const elsewhere = page.getByRole('group', { name: 'Elsewhere' });
  await elsewhere.getByRole('option', { name: /DJI_0412\.JPG.*2026-11-20\/raw\// }).waitFor();
  await picture(page, 'I-palette');
  await page.keyboard.press('Enter');
  await focusOn(page, 'DJI_0412.JPG');

  // What was listed elsewhere leads there, and to the search.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('dji 0412');
  await elsewhere.getByRole('option', { name: /DJI_0412\.JPG.*raw\// }).click();
  await page.getByRole('grid', { name: /^Objects in raw/ }).waitFor();
  await focusOn(page, 'DJI_0412.JPG');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('dji 0412');
  await active('DJI_0412.JPG');
  await page.keyboard.press('ArrowUp');
  await active('Search for “dji 0412”');
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Search', exact: true }).waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Search', exact: true }).inputValue(), 'dji 0412');
  await page.keyboard.press('Alt+ArrowLeft');
  await focusOn(page, 'DJI_0412.JPG');
  await goTo(page, 's3://inspections-prod/bridges/');
  await page.getByRole('row', { name: /DJI_0401/ }).click();

  // Order of the parts, what is impossible says why, and its Enter does nothing.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('forward');
  const off = page.getByRole('option', { name: /Forward.*You did not go back/ });
  await off.waitFor();
  assert.equal(await off.getAttribute('aria-disabled'), 'true');
  assert.match(await off.innerText(), /Alt\s*→/);
  await picture(page, 'I-palette-disabled');
  await page.keyboard.press('Enter');
  assert.equal(await field.isVisible(), true);

  // The three signs narrow.
  await field.fill('>tab');
  await active('New tab');
  assert.equal(await groups().count(), 1);
  await field.fill('@drone');
  await active('drone-raw-eu');
  assert.equal(await page.getByRole('option').count(), 1);
  await field.fill('/scan');
  await active('scan_A14_P07_part1.e57');
  await field.fill('arn:aws:s3:::inspections-prod/culverts/');
  await active('Go to s3://inspections-prod/culverts/');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('tab', { name: 'culverts/', selected: true }).waitFor();

  // Up from the first line is the last one; Esc gives the focus back.
  await focusOn(page, 'overlap-check');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>');
  await active('Edit location');
  await page.keyboard.press('ArrowUp');
  await active('Previous region');
  await page.keyboard.press('Escape');
  await focusOn(page, 'overlap-check');

  // An action runs where the focus was.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('close tab');
  await active('Close tab');
  await page.keyboard.press('Enter');
  await page.getByRole('tablist', { name: 'Tabs' }).waitFor({ state: 'detached' });
  assert.deepEqual(errors, []);
  await context.close();
});

test('the list of shortcuts reads the same table', async () => {
  const { page, context, errors } = await open();
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await dialog.waitFor();
  assert.match(await dialog.innerText(), /Command palette\s*Ctrl\s*K/);
  await picture(page, 'I-shortcuts');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.keyboard.press('/');
  await page.keyboard.type('?');
  assert.equal(await dialog.count(), 0, 'in a field it is a question mark');
  await page.keyboard.press('F1');
  await dialog.waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('F6 and Shift+F6 go through the regions and come back to where the focus was', async () => {
  const { page, context, errors } = await open();
  const region = () =>
    page.evaluate(() => {
      const at = document.activeElement?.closest('[data-region]');
      return at?.getAttribute('aria-label') ?? at?.tagName.toLowerCase() ?? '';
    });
  await page.getByRole('row', { name: /DJI_0405/ }).click();
  const walk = async (key, names) => {
    for (const name of names) {
      await page.keyboard.press(key);
      assert.equal(await region(), name, `${key} comes to ${name}`);
    }
  };
  await walk('F6', ['Inspector', 'Activity', 'Toolbar', 'Places', 'main']);
  await focusOn(page, 'DJI_0405');
  await walk('Shift+F6', ['Places', 'Toolbar', 'Activity', 'Inspector', 'main']);
  await focusOn(page, 'DJI_0405');
  await page.getByRole('button', { name: 'drone-raw-eu', exact: true }).focus();
  await walk('F6', ['main', 'Inspector', 'Activity', 'Toolbar', 'Places']);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'drone-raw-eu');
  assert.deepEqual(errors, []);
  await context.close();
});

test('pasted addresses of every form open their place; others say that they are none', async () => {
  const { page, context, errors } = await open();
  for (const [address, place] of [
    ['windlass://open/inspections-prod/bridges/', 'bridges/'],
    ['https://inspections-prod.s3.eu-west-1.amazonaws.com/culverts/?versionId=1', 'culverts/'],
    ['arn:aws:s3:::inspections-prod/bridges/A14-viaduct/', 'A14-viaduct/'],
    ['https://s3.eu-west-1.amazonaws.com/inspections-prod/bridges/', 'bridges/'],
  ]) {
    await goTo(page, address);
    await page.getByRole('grid', { name: `Objects in ${place}` }).waitFor();
  }
  await page.keyboard.press('Control+k');
  await page.keyboard.type('windlass://open/inspections-prod/culverts/');
  await page.getByRole('option', { name: 'Go to s3://inspections-prod/culverts/' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('grid', { name: 'Objects in culverts/' }).waitFor();
  await page.keyboard.press('Control+l');
  await page.locator('.path input').fill('windlass://delete/inspections-prod/');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').getByText('This is no address of a bucket').waitFor();
  assert.equal(await page.locator('.path input').getAttribute('aria-invalid'), 'true');
  assert.deepEqual(errors, []);
  await context.close();
});

test('row height, columns and their widths are chosen by key and by pointer, and kept', async () => {
  const { page, context, errors } = await open();
  const heads = () => page.getByRole('columnheader').allInnerTexts();
  const width = (name) =>
    page.getByRole('columnheader', { name }).evaluate((element) => Math.round(element.getBoundingClientRect().width));
  await page.getByRole('row', { name: /DJI_0401/ }).click();
  await page.keyboard.press('PageDown');
  await page.keyboard.press('PageDown');
  const top = () =>
    page.evaluate(
      () => document.querySelector('.vlist').scrollTop / document.querySelector('.vlist .tr:not(.tr--h)').offsetHeight,
    );
  const before = await top();
  await page.getByRole('button', { name: 'List options' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Size' }).waitFor();
  await picture(page, 'A-list-options');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('columnheader', { name: 'Class' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('menuitemcheckbox', { name: 'Class' }).getAttribute('aria-checked'), 'false');
  await page.getByRole('menuitemradio', { name: 'Comfortable' }).click();
  await page.waitForFunction(() => document.querySelector('.vlist .tr:not(.tr--h)')?.offsetHeight === 40);
  await page.keyboard.press('Escape');
  assert.ok(Math.abs((await top()) - before) < 0.1, 'the same row stays at the top');
  assert.deepEqual(
    (await heads()).map((text) => text.trim()).filter((text) => text !== ''),
    ['Name', 'Size', 'Modified', 'State'],
  );

  const first = await width('Modified');
  await page.getByRole('button', { name: 'Modified' }).focus();
  for (let i = 0; i < 3; i += 1) await page.keyboard.press('Shift+ArrowLeft');
  assert.equal(await width('Modified'), first + 24);
  const box = await page.getByRole('columnheader', { name: 'Size' }).boundingBox();
  await page.mouse.move(box.x - 6, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x - 46, box.y + 10, { steps: 4 });
  await page.mouse.up();
  assert.equal(await width('Size'), 116);
  await picture(page, 'A-comfortable');

  await page.reload();
  await page.getByRole('columnheader', { name: 'Modified' }).waitFor();
  assert.equal(await width('Modified'), first + 24);
  assert.equal(await page.getByRole('columnheader', { name: 'Class' }).count(), 0);
  await page.locator('.colw').first().dblclick();
  assert.equal(await width('Size'), 76);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('compact');
  await page.getByRole('option', { name: 'Row height: compact' }).waitFor();
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('.vlist .tr:not(.tr--h)')?.offsetHeight === 28);
  await picture(page, 'A-compact');
  assert.deepEqual(errors, []);
  await context.close();
});

test('everything is there at 200 % in a small window', async () => {
  const { page, context, errors } = await open('', { viewport: { width: 720, height: 480 }, deviceScaleFactor: 2 });
  await page.keyboard.press('Control+t');
  await page.getByRole('tablist', { name: 'Tabs' }).getByRole('tab', { selected: true }).waitFor();
  await page.keyboard.press('Control+b');
  await page.locator('.mark').waitFor();
  await picture(page, 'A-browse-200');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Command palette' }).waitFor();
  await picture(page, 'I-palette-200');
  const inside = await page.evaluate(() => {
    const { top, bottom, left, right } = document.querySelector('dialog.pal').getBoundingClientRect();
    return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
  });
  assert.ok(inside, 'the palette fits');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F1');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await picture(page, 'I-shortcuts-200');
  assert.deepEqual(errors, []);
  await context.close();
});

test('a second window shows the place, and both remember the same bookmarks', async () => {
  const { page, context, errors } = await open();
  const second = async (act) => {
    const [other] = await Promise.all([context.waitForEvent('page'), act()]);
    await other.locator('.info').waitFor();
    return other;
  };
  const same = await second(() => page.keyboard.press('Control+n'));
  await same.getByRole('grid', { name: 'Objects in raw/' }).waitFor();
  await goTo(page, 's3://inspections-prod/bridges/');
  await page.getByRole('row', { name: /pier-07/ }).click({ button: 'right' });
  const folder = await second(() => page.getByRole('menuitem', { name: /Open the folder in a new window/ }).click());
  await folder.getByRole('grid', { name: 'Objects in pier-07/' }).waitFor();

  await folder.keyboard.press('Control+b');
  await page.locator('.nav').getByRole('button', { name: 'pier-07', exact: true }).waitFor();
  await same.keyboard.press('Control+b');
  await page.locator('.nav').getByRole('button', { name: 'raw', exact: true }).waitFor();
  await page.locator('.nav').getByRole('button', { name: 'pier-07', exact: true }).waitFor();

  // The tabs of the next start are those of the first window.
  await folder.keyboard.press('Control+t');
  const kept = JSON.parse(await page.evaluate(() => localStorage.getItem('windlass.tabs')));
  assert.deepEqual(
    kept.value.tabs.map((tab) => tab.now.route.prefix),
    ['bridges/'],
  );
  assert.deepEqual(errors, []);
  await context.close();
});

test('links show a place in a tab of its own, and nothing else', async () => {
  const links = [
    'windlass://open/inspections-prod/bridges/A14-viaduct/2026-11-20/raw/DJI_0403.JPG',
    'windlass://delete/inspections-prod/bridges/',
    'javascript:alert(1)',
    'windlass://open/<img%20src=x%20onerror=alert(1)>/',
  ];
  const query = links.map((link) => `&link=${encodeURIComponent(link)}`).join('');
  const { page, context, errors } = await open(query);
  const tabs = page.getByRole('tablist', { name: 'Tabs' }).getByRole('tab');
  await page.waitForFunction(() => document.querySelectorAll('.tabbar__tab').length >= 2);
  assert.equal(await page.getByText('This link leads to no place in a bucket').count(), 3, 'three are no links');
  assert.equal(await tabs.count(), 2, 'one is');
  await picture(page, 'desk-links');
  assert.deepEqual(errors, []);
  await context.close();
});
