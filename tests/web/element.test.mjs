/* element.test.mjs - <aq-search> in Chromium, on a site with a strict policy. */
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {missing, open_page, open_site, site_url} from './site.mjs';

const skip = missing() || false;
let here;
before(async () => {
    if (!skip)
        here = await open_site();
});
after(() => here?.close());

/* Opens a page with the body, hands it to the test, and looks that nothing went wrong on it. */
function check(name, body, run, options = {}) {
    test(name, {skip, timeout: 60000}, async () => {
        const page = await open_page(here, options.context);
        await page.goto(site_url(here, options.kind ?? 'strict', body));
        await page.waitForFunction(() => customElements.get('aq-search'));
        try {
            await run(page);
            assert.deepEqual(page.faults, []);
        } finally {
            await page.context().close();
        }
    });
}

const IN_PLACE = '<aq-search></aq-search>';
const MODAL = '<aq-search modal></aq-search>';
const input = page => page.locator('aq-search input').first();
const options = page => page.locator('aq-search [role=option]');
const active = page => input(page).evaluate(box =>
    box.getRootNode().getElementById(box.getAttribute('aria-activedescendant'))?.textContent ?? '');
async function type(page, text) {
    await input(page).click();
    await page.keyboard.type(text);
    await page.locator('aq-search .all').first().waitFor();
}

check('typing shows hits with the words marked', IN_PLACE, async page => {
    await type(page, 'superintelligence');
    assert.ok(await options(page).count() > 3);
    const marks = await page.locator('aq-search .snippet mark').allTextContents();
    assert.ok(marks.length && marks.every(mark => /superintelligen/i.test(mark)), String(marks));
    assert.equal(await input(page).getAttribute('aria-expanded'), 'true');
});

check('arrows go round the options and leave the text alone', IN_PLACE, async page => {
    await type(page, 'persona');
    const count = await options(page).count();
    await page.keyboard.press('ArrowDown');
    const first = await active(page);
    assert.ok(first);
    await page.keyboard.press('ArrowUp');
    assert.equal(await active(page), '');
    await page.keyboard.press('ArrowUp');
    assert.match(await active(page), /All results/);
    for (let i = 0; i < 2; i++)
        await page.keyboard.press('ArrowDown');
    assert.equal(await active(page), first);
    assert.equal(await page.locator('aq-search [aria-selected=true]').count(), 1);
    await page.keyboard.press('Home');
    assert.equal(await input(page).evaluate(box => box.selectionStart), 0);
    await page.keyboard.press('End');
    assert.equal(await input(page).evaluate(box => box.selectionStart), 'persona'.length);
    assert.equal(await options(page).count(), count);
});

check('Enter follows the option, and the page may keep it from doing so', IN_PLACE, async page => {
    await page.evaluate(() => addEventListener('aq-select', event => {
        event.preventDefault();
        window.chosen = event.detail;
    }));
    await type(page, 'gradient');
    await page.keyboard.press('Enter');
    let chosen = await page.evaluate(() => window.chosen);
    assert.equal(chosen.hit, null);
    assert.match(chosen.url, /\?q=gradient$/);
    while (!/points|·/.test(await active(page)))
        await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    chosen = await page.evaluate(() => window.chosen);
    assert.ok(chosen.hit.id);
    assert.match(chosen.url, /^https?:/);
    assert.match(page.url(), /strict/);
});

check('Enter with Ctrl opens another tab', '<aq-search thread="takeoff"></aq-search>', async page => {
    await type(page, 'persona');
    while (!/·/.test(await active(page)))
        await page.keyboard.press('ArrowDown');
    await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('Control+Enter')]);
    assert.match(page.url(), /strict/);
    assert.equal(page.context().pages().length, 2);
});

check('Enter without an option goes to all results', IN_PLACE, async page => {
    await type(page, 'persona');
    await Promise.all([page.waitForURL(/\?q=persona$/), page.keyboard.press('Enter')]);
});

check('Escape closes the list, then empties the box', IN_PLACE, async page => {
    await type(page, 'persona');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('aq-search .panel').isVisible(), false);
    assert.equal(await input(page).inputValue(), 'persona');
    await page.keyboard.press('ArrowDown');
    assert.equal(await page.locator('aq-search .panel').isVisible(), true);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    assert.equal(await input(page).inputValue(), '');
});

check('Tab leaves the box and closes the list', IN_PLACE, async page => {
    await type(page, 'persona');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    assert.equal(await page.locator('aq-search .panel').isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'other');
});

check('the dialog opens by mod+k and by /, keeps the focus and gives it back', MODAL, async page => {
    await page.locator('#first').focus();
    await page.keyboard.press('Control+k');
    assert.ok(await page.locator('aq-search dialog').isVisible());
    await type(page, 'persona');
    const seen = new Set();
    for (let i = 0; i < 7; i++) {
        await page.keyboard.press('Tab');
        seen.add(await page.evaluate(() => {
            const host = document.activeElement;
            return host.localName + '/' + (host.shadowRoot?.activeElement?.className ?? '-');
        }));
    }
    assert.equal(seen.size, 3, [...seen].join());
    assert.ok([...seen].every(name => name.startsWith('aq-search/') && !name.endsWith('-')));
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('aq-search dialog').isVisible(), false);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'first');
    await page.locator('#other').focus();
    await page.keyboard.press('/');
    assert.equal(await page.locator('#other').inputValue(), '/');
    await page.locator('#first').focus();
    await page.keyboard.press('/');
    assert.ok(await page.locator('aq-search dialog').isVisible());
    assert.equal(await input(page).inputValue(), 'persona');
    await page.keyboard.press('Control+k');
    assert.equal(await page.locator('aq-search dialog').isVisible(), false);
});

check('keys of an input method are its own', MODAL, async page => {
    await page.keyboard.press('/');
    const session = await page.context().newCDPSession(page);
    await session.send('Input.imeSetComposition', {text: 'すし', selectionStart: 2, selectionEnd: 2});
    const url = page.url();
    for (const [key, code] of [['Enter', 13], ['ArrowDown', 40], ['Escape', 27]])
        await input(page).evaluate((box, [name, number]) => {
            box.dispatchEvent(new KeyboardEvent('keydown', {key: name, keyCode: number, isComposing: true, bubbles: true, composed: true, cancelable: true}));
            box.dispatchEvent(new KeyboardEvent('keydown', {key: name, keyCode: 229, bubbles: true, composed: true, cancelable: true}));
        }, [key, code]);
    assert.ok(await page.locator('aq-search dialog').isVisible());
    assert.equal(page.url(), url);
    assert.equal(await input(page).inputValue(), 'すし');
    await session.send('Input.insertText', {text: 'persona'});
    await page.locator('aq-search .say, aq-search .all').first().waitFor();
    assert.equal(await input(page).inputValue(), 'persona');
});

check('a slow server: bones first, then what was asked last', IN_PLACE, async page => {
    await page.route('**/search?*', async route => {
        await new Promise(done => setTimeout(done, 900));
        await route.continue();
    });
    await input(page).click();
    await page.keyboard.type('mask');
    await page.locator('aq-search .bone').first().waitFor();
    await page.locator('aq-search .all').waitFor();
    assert.equal(await page.locator('aq-search .bone').count(), 0);
    await page.keyboard.type(' persona');
    await page.locator('aq-search .stale').waitFor();
    await page.locator('aq-search .all', {hasText: 'mask persona'}).waitFor();
});

check('answers out of order: the last question wins', IN_PLACE, async page => {
    const asked = [];
    await page.route('**/search?*', async route => {
        const q = new URL(route.request().url()).searchParams.get('q');
        asked.push(q);
        await new Promise(done => setTimeout(done, q === 'mask' ? 1200 : 50));
        await route.continue().catch(() => {});
    });
    await input(page).click();
    await page.keyboard.type('mask');
    await page.waitForTimeout(300);
    await page.keyboard.type('s on');
    await page.locator('aq-search .all', {hasText: 'masks on'}).waitFor();
    await page.waitForTimeout(1300);
    assert.match(await page.locator('aq-search .all').textContent(), /masks on/);
    assert.deepEqual(asked, ['mask', 'masks on']);
});

check('a failing server is told, and asked again', IN_PLACE, async page => {
    let status = 500;
    await page.route('**/search?*', route => status === 200 ? route.continue() : route.fulfill({status, body: '{"error":{"status":"io","message":"<b>no disk</b>","place":null}}'}));
    await input(page).click();
    await page.keyboard.type('persona');
    await page.locator('aq-search .say', {hasText: 'does not answer'}).waitFor();
    assert.match(await page.locator('aq-search .say').textContent(), /<b>no disk<\/b>/);
    status = 429;
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('aq-search .say', {hasText: 'Too many'}).waitFor();
    status = 200;
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('aq-search .all').waitFor();
});

check('offline is told, and the search goes on when the line is back', IN_PLACE, async page => {
    await page.context().setOffline(true);
    await input(page).click();
    await page.keyboard.type('persona');
    await page.locator('aq-search .say', {hasText: 'offline'}).waitFor();
    await page.context().setOffline(false);
    await page.locator('aq-search .all').waitFor();
});

check('suggestions that fail do not matter', IN_PLACE, async page => {
    await page.route('**/suggest?*', route => route.abort());
    await type(page, 'pers');
});

check('nothing found is said, and read out', IN_PLACE, async page => {
    await input(page).click();
    await page.keyboard.type('zzyzzxq');
    await page.locator('aq-search .say', {hasText: 'Nothing found for “zzyzzxq”'}).waitFor();
    await page.locator('aq-search [role=status]', {hasText: 'Nothing found'}).waitFor({state: 'attached'});
    await input(page).fill('persona');
    await page.locator('aq-search [role=status]', {hasText: /\d+ results/}).waitFor({state: 'attached'});
});

check('recent searches only where they are wanted', '<aq-search recent></aq-search>', async page => {
    await page.evaluate(() => addEventListener('aq-select', event => event.preventDefault()));
    await type(page, 'persona');
    await page.keyboard.press('Enter');
    await input(page).fill('');
    await page.locator('aq-search .label', {hasText: 'Recent'}).waitFor();
    assert.match(await options(page).first().textContent(), /persona/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    assert.equal(await input(page).inputValue(), 'persona');
    await input(page).fill('');
    await options(page).last().click();
    assert.equal(await options(page).count(), 0);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
});

check('nothing is stored without being asked to', IN_PLACE, async page => {
    await type(page, 'persona');
    await Promise.all([page.waitForURL(/\?q=/), page.keyboard.press('Enter')]);
    await page.goBack();
    assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0);
});

check('a suggestion is taken into the box', IN_PLACE, async page => {
    await type(page, 'corrig');
    const word = page.locator('aq-search [part~=suggestion]').first();
    const text = await word.textContent();
    await word.click();
    assert.equal(await input(page).inputValue(), text);
    await page.locator('aq-search .all', {hasText: text}).waitFor();
});

check('hits of a thread stand together under its title', IN_PLACE, async page => {
    await type(page, 'superintelligence persona');
    const groups = page.locator('aq-search [role=group]');
    const names = await groups.evaluateAll(all => all.map(one => one.getAttribute('aria-label')));
    assert.equal(new Set(names).size, names.length);
    assert.ok(await groups.evaluateAll(all => all.some(one => one.querySelectorAll('[role=option]').length > 1)));
    assert.ok(await groups.evaluateAll(all => all.every(one => one.querySelectorAll('.title').length <= 1)));
});

check('two on one page do not mix', '<aq-search id="a"></aq-search><aq-search id="b" modal></aq-search>', async page => {
    await page.locator('#a input').click();
    await page.keyboard.type('mask');
    await page.locator('#a .all').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#b [part=button]').click();
    await page.keyboard.type('gradient');
    await page.locator('#b .all').waitFor();
    assert.equal(await page.locator('#a input').inputValue(), 'mask');
    assert.equal(await page.locator('#b input').inputValue(), 'gradient');
    await page.keyboard.press('Escape');
    await page.locator('#first').focus();
    await page.keyboard.press('/'); /* the first of them takes it */
    assert.equal(await page.evaluate(() => document.activeElement.id), 'a');
});

check('another origin is asked through CORS', IN_PLACE, async page => {
    await type(page, 'persona');
    assert.ok(await options(page).count() > 3);
}, {kind: 'other'});

for (const [lang, none] of [['en', 'Nothing'], ['de', 'Nichts'], ['fr', 'Rien'], ['es', 'No hay'], ['nl', 'Niets'], ['ar', 'لا نتائج'], ['he', 'לא נמצא']])
    check(`it speaks ${lang}`, `<aq-search lang="${lang}"></aq-search>`, async page => {
        await input(page).click();
        await page.keyboard.type('zzyzzxq');
        await page.locator('aq-search .say', {hasText: none}).waitFor();
        const direction = await page.locator('aq-search .say').evaluate(one => getComputedStyle(one).direction);
        assert.equal(direction, /ar|he/.test(lang) ? 'rtl' : 'ltr');
    });

check('a page\'s language and direction are taken over', '<div lang="de-CH" dir="rtl"><aq-search></aq-search></div>', async page => {
    assert.match(await input(page).getAttribute('placeholder'), /Diskussionen/);
    assert.equal(await input(page).evaluate(one => getComputedStyle(one.parentNode).direction), 'rtl');
});

check('attributes may change, and the element may move', IN_PLACE, async page => {
    await input(page).fill('mask');
    await page.evaluate(() => {
        const box = document.querySelector('aq-search');
        box.setAttribute('lang', 'nl');
        document.body.append(box);
    });
    assert.match(await input(page).getAttribute('placeholder'), /Zoek/);
    assert.equal(await input(page).inputValue(), 'mask');
    await page.evaluate(() => document.querySelector('aq-search').remove());
    await page.keyboard.press('/');
});
