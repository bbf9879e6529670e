/* safety.test.mjs - two hundred payloads in the corpus and as queries, on the page and in the
 * element: no script runs, no dialog opens, nothing breaks out of a text or an attribute. */
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {missing, open_page, open_site, site_url} from './site.mjs';
import {hostile_records, payloads} from './payloads.mjs';

const skip = missing() || false;
let here;
before(async () => {
    if (!skip)
        here = await open_site();
});
after(() => here?.close());

/* Runs in the browser. What is in a document, or under an element, that cannot be ours: all
 * else came out of a text. `html`: to be parsed, not shown; else what is shown. */
function strangers({html, shadow}) {
    const names = new Set(('html head meta title link script body a header p form div label input button details summary select option main ' +
        'section ul ol li h1 h2 article bdi time mark blockquote pre code aside svg rect span nav footer dialog dl dt dd kbd b table caption ' +
        'thead tbody tr th td slot path').split(' '));
    const root = html ? new DOMParser().parseFromString(html, 'text/html')
        : shadow ? document.querySelector(shadow).shadowRoot : document;
    const out = [];
    for (const one of root.querySelectorAll('*')) {
        const name = one.localName;
        if (!names.has(name) || (name === 'script' && !/(^|\/)(page|aq-search)\.js$/.test(one.getAttribute('src') ?? '')))
            out.push(one.outerHTML.slice(0, 200));
        for (const {name: key, value} of one.attributes) {
            const leads = /^(href|src|action|formaction|data|xlink:href)$/.test(key) ? new URL(value, location.href) : null;
            if (/^on|^style$|^srcdoc$/.test(key) || (leads && (!/^https?:$/.test(leads.protocol) || leads.hostname === 'evil.example')))
                out.push(`${name} ${key}=${value}`);
        }
    }
    return {strange: out, box: root.getElementById?.('q')?.value, hits: root.querySelectorAll('.hit, .said, [role=option]').length,
            text: root.querySelector?.('.said')?.textContent ?? ''};
}

const clean = payloads.map(text => text.replaceAll('\0', '')); /* a URL with NUL is refused */

test('there are two hundred payloads', {skip}, () => assert.equal(new Set(payloads).size, 200));

async function each_on_page(page, urls, look) {
    for (const [i, url] of urls.entries()) {
        const response = await fetch(here.search + url);
        const html = await response.text();
        assert.equal(response.status, 200, url);
        const told = await page.evaluate(strangers, {html});
        assert.deepEqual(told.strange, [], url);
        look(told, i);
    }
}

test('payloads as queries', {skip, timeout: 300000}, async () => {
    const page = await open_page(here);
    await page.goto(here.search);
    await each_on_page(page, clean.map(q => `?kind=reply&explain=1&q=${encodeURIComponent(q)}`),
        (told, i) => assert.equal(told.box, clean[i]));
    assert.deepEqual(page.faults, []);
    await page.context().close();
});

test('payloads in every other parameter', {skip, timeout: 300000}, async () => {
    const page = await open_page(here);
    await page.goto(here.search);
    const names = ['author', 'thread', 'after', 'before', 'drop', 'read', 'like', 'prefer', 'sort', 'limit'];
    await each_on_page(page, clean.map((text, i) => `?q=persona&concepts=1&${names[i % names.length]}=${encodeURIComponent(text)}`), () => {});
    assert.deepEqual(page.faults, []);
    await page.context().close();
});

test('payloads in texts, titles, names, tags and addresses, parsed', {skip, timeout: 300000}, async () => {
    const page = await open_page(here);
    await page.goto(here.search);
    let seen = 0;
    await each_on_page(page, [0, 100].map(offset => `?q=hostile&limit=100&per_thread=100&explain=1&concepts=1&offset=${offset}`),
        told => { seen += told.hits; });
    assert.equal(seen, 200);
    await each_on_page(page, hostile_records().map(record => `?read=${encodeURIComponent(record.id.replaceAll('\0', '\ufffd'))}`),
        (told, i) => assert.match(told.text, new RegExp(`payload number ${i} `)));
    await page.context().close();
});

test('payloads shown by the page and its script', {skip, timeout: 300000}, async () => {
    const page = await open_page(here);
    await page.goto(here.search + '?q=hostile&limit=100&per_thread=100');
    await page.waitForTimeout(300);
    assert.deepEqual((await page.evaluate(strangers, {})).strange, []);
    await page.locator('.around').nth(3).click();
    await page.locator('.around-it').waitFor();
    for (const q of clean.filter((_, i) => i % 10 === 0)) {
        await page.locator('#q').fill(q);
        await page.waitForTimeout(250);
    }
    assert.deepEqual((await page.evaluate(strangers, {})).strange, []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
});

test('payloads in the element', {skip, timeout: 300000}, async () => {
    const page = await open_page(here);
    await page.goto(site_url(here, 'strict', '<aq-search recent limit="100"></aq-search>'));
    await page.locator('aq-search input').fill('hostile');
    await page.locator('aq-search .all').waitFor();
    const told = await page.evaluate(strangers, {shadow: 'aq-search'});
    assert.deepEqual(told.strange, []);
    assert.ok(told.hits >= 100, String(told.hits));
    for (const q of clean) {
        await page.evaluate(text => new Promise(done => {
            const box = document.querySelector('aq-search');
            addEventListener('aq-search', done, {once: true});
            box.value = text;
        }), q);
        const {strange} = await page.evaluate(strangers, {shadow: 'aq-search'});
        assert.deepEqual(strange, [], q);
        if (page.faults.length)
            break;
    }
    assert.deepEqual(page.faults, []);
    await page.context().close();
});

test('a server that answers anything', {skip, timeout: 60000}, async () => {
    const page = await open_page(here);
    const hit = {id: 'x', passage: '<img src=x onerror=fault(1)>', snippet: [-5, 1e9], ranges: [[5, 2], [-1, 3], [2, 1e12], 'x', [0, 4]], title: null,
        title_ranges: null, url: 'javascript:fault(1)', author: '<b>', date: 'never', points: null, thread: null};
    await page.route('**/search?*', route => route.fulfill({contentType: 'application/json', body: JSON.stringify(
        {hits: [hit, {...hit, passage: 'y', ranges: null}], totals: {groups: 2, at_least: true}, suggestion: '<script>fault(1)</script>'})}));
    await page.route('**/suggest?*', route => route.fulfill({contentType: 'application/json', body: '{"suggestions":[{"kind":"<b>","text":"<b>"}]}'}));
    await page.goto(site_url(here, 'strict'));
    await page.locator('aq-search input').fill('anything');
    await page.locator('aq-search .all').waitFor();
    assert.deepEqual((await page.evaluate(strangers, {shadow: 'aq-search'})).strange, []);
    await page.route('**/search?*', route => route.fulfill({contentType: 'text/html', body: '<b>no JSON'}));
    await page.locator('aq-search input').fill('anything else');
    await page.locator('aq-search .say').waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
});
