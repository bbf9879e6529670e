/* page.test.mjs - the search page in Chromium, with and without its script. */
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {missing, open_page, open_site} from './site.mjs';

const skip = missing() || false;
let here;
before(async () => {
    if (!skip)
        here = await open_site();
});
after(() => here?.close());

function check(name, query, run, context = {}) {
    test(name, {skip, timeout: 60000}, async () => {
        const page = await open_page(here, context);
        await page.goto(here.search + query);
        try {
            await run(page);
            assert.deepEqual(page.faults, []);
        } finally {
            await page.context().close();
        }
    });
}
const NO_SCRIPT = {javaScriptEnabled: false};
const total = async page => Number((await page.locator('#total b').textContent()).replace(/,/g, ''));
const titles = page => page.locator('.hit h2').allTextContents();

/* ---- without JavaScript ---- */

test('the form works without a script', {skip, timeout: 60000}, async () => {
    const context = await here.browser.newContext(NO_SCRIPT);
    const page = await context.newPage();
    await page.goto(here.search);
    await page.locator('#q').fill('persona superintelligence');
    await page.keyboard.press('Enter');
    await page.locator('.hit').first().waitFor();
    assert.match(page.url(), /\?q=persona\+superintelligence/);
    assert.equal(await page.locator('#q').inputValue(), 'persona superintelligence');
    const all = await total(page);

    /* A count is a link that narrows, and a chip takes it back. */
    const author = page.locator('aside .facet', {hasText: 'Authors'}).locator('li').first();
    const name = await author.locator('a').textContent(), count = Number(await author.locator('.count').textContent());
    await author.locator('a').click();
    assert.equal(await total(page), count);
    assert.deepEqual([...new Set(await page.locator('.facts .author').allTextContents())], [name]);
    assert.ok(await page.locator('aside .facet', {hasText: 'Authors'}).locator('li').count() > 1);
    await page.locator('.chip', {hasText: name}).click();
    assert.equal(await total(page), all);

    /* A bar of the histogram, too. */
    const bar = page.locator('.when a').last();
    const told = Number(/: ([\d,]+)$/.exec(await bar.getAttribute('aria-label'))[1]);
    await bar.click();
    assert.equal(await total(page), told);
    await page.locator('a', {hasText: 'Any time'}).click();
    assert.equal(await total(page), all);

    /* Order, pages, reading, the filters of the form. */
    await page.locator('.orders a', {hasText: 'Newest'}).click();
    const dates = await page.locator('.hit time').evaluateAll(list => list.map(one => one.dateTime));
    assert.deepEqual(dates, [...dates].sort().reverse());
    await page.locator('.orders a', {hasText: 'Best'}).click();
    const first_page = await titles(page);
    await page.locator('a[rel=next]').click();
    assert.match(await page.locator('.pager').textContent(), /Page 2/);
    await page.locator('a[rel=prev]').click();
    assert.deepEqual(await titles(page), first_page);
    await page.locator('.hit', {hasText: 'Does a trained persona survive'}).locator('.around').first().click();
    assert.ok(await page.locator('#asked').count());
    await page.locator('a', {hasText: 'The whole thread'}).click();
    assert.ok(await page.locator('.said').count() > 3);
    await page.locator('.ways a', {hasText: 'Results for'}).click();
    await page.locator('summary').first().click();
    await page.locator('[name=points]').fill('20');
    await page.locator('[name=kind]').selectOption('reply');
    await page.locator('button', {hasText: 'Apply'}).click();
    assert.ok(await total(page) < all && await total(page) > 0);
    const facts = await page.locator('.facts').allTextContents();
    assert.ok(facts.every(text => Number(/(\d+) points/.exec(text)?.[1]) >= 20), page.url() + '\n' + facts.join('\n'));
    await context.close();
});

for (const [what, query, text] of [
    ['did you mean', '?q=superinteligence', 'Did you mean'], ['what occurs nowhere', '?q=persona+flurmishly', 'Occurs nowhere'],
    ['synonyms', '?q=AGI', 'artificial general intelligence'], ['concepts', '?q=persona&concepts=1', 'Counts, too'],
    ['shares of scores', '?q=persona&explain=1', 'Passages with it'], ['who quotes', '?q=mask+persona', 'quoted by 3'],
    ['what it replies to', '?q=superintelligence', 'in reply to'], ['that nothing was found', '?q=zzyzzxq', 'Nothing found'],
    ['a wrong range of dates', '?q=persona&after=2024&before=2023', 'not earlier'], ['what there is not', '?read=nosuch', 'there is no comment'],
    ['comments alike', '?like=takeoff-18', 'about the same'], ['only filters', '?author=gradient_monk', 'by <bdi>gradient_monk'],
    ['an unclosed quotation mark beside filters', '?q=%22persona&kind=reply&points=1', 'Replies'],
    ['parameters that are not known', '?q=persona&utm_source=x&sort=bogus', 'comments'],
])
    test(`the page tells ${what}`, {skip}, async () => {
        const response = await fetch(here.search + query);
        const html = await response.text();
        assert.equal(response.status, 200, html);
        assert.ok(html.includes(text), html.slice(html.indexOf('<main')));
    });

test('filters hold whatever was typed beside them', {skip}, async () => {
    for (const q of ['persona OR mask', 'persona)', '(persona', '"persona', 'a OR', ') OR persona', 'x(y) ) OR persona',
        '"(" ) OR persona', 'persona"( ) OR persona', '„( ) OR persona', '(") OR persona', '+(mask) ) OR persona', '-) OR persona']) {
        const html = await (await fetch(`${here.search}?points=20&q=${encodeURIComponent(q)}`)).text();
        for (const [, points] of html.matchAll(/<li>(−?\d+) points?<\/li>/g))
            assert.ok(Number(points) >= 20, `${q}: ${points}`);
    }
});

check('links to where it was written go to the words', '?q=superintelligence', async page => {
    const links = await page.locator('.hit .to').evaluateAll(list => list.map(one => one.getAttribute('href')));
    assert.ok(links.some(link => /^https:.*#.*:~:text=superintelligence/i.test(link)), links.join('\n'));
}, NO_SCRIPT);

/* ---- with it ---- */

check('results come while typing, and the address is theirs', '', async page => {
    await page.locator('#q').pressSequentially('superintelligence');
    await page.locator('.hit').first().waitFor();
    await page.waitForURL(/\?q=superintelligence$/);
    assert.equal(await page.title(), 'superintelligence – Search');
    assert.equal(await page.locator('#q').evaluate(box => box === document.activeElement), true);
    assert.match(await page.locator('#said').textContent(), /comments/);
    await page.goBack();
    await page.locator('.start').waitFor();
    await page.goForward();
    await page.locator('.hit').first().waitFor();
    await page.reload();
    await page.locator('.hit').first().waitFor();
});

check('links exchange the results, back brings them again', '?q=persona', async page => {
    await page.evaluate(() => {
        window.still_here = true;
    });
    const all = await total(page);
    await page.locator('aside .facet', {hasText: 'Authors'}).locator('a').first().click();
    await page.waitForURL(/author=/);
    await page.locator('.chip').first().waitFor();
    assert.ok(await total(page) < all);
    await page.goBack();
    await page.waitForFunction(n => document.querySelector('#total b').textContent === String(n), all);
    assert.ok(await page.evaluate(() => window.still_here));
});

check('filters apply when they are changed', '?q=persona', async page => {
    const all = await total(page);
    await page.locator('summary').first().click();
    await page.locator('[name=author]').first().fill('gradient_monk');
    await page.keyboard.press('Enter');
    await page.locator('.chip', {hasText: 'gradient_monk'}).waitFor();
    assert.equal(await page.locator('.chip').count(), 1);
    await page.locator('[name=kind]').selectOption('reply');
    await page.locator('.chip', {hasText: 'Replies'}).waitFor();
    assert.ok(await total(page) < all);
    await page.locator('.chip', {hasText: 'gradient_monk'}).click();
    await page.waitForFunction(() => document.querySelectorAll('.chip').length === 1);
    assert.doesNotMatch(page.url(), /author/);
});

check('context unfolds in its place, and folds up', '?q=superintelligence', async page => {
    const hit = page.locator('.hit').nth(1);
    await hit.locator('.around').click();
    await hit.locator('.around-it .said.asked').waitFor();
    assert.match(page.url(), /\?q=superintelligence$/);
    await hit.locator('.around').click();
    assert.equal(await hit.locator('.around-it').count(), 0);
});

check('keys', '?q=persona', async page => {
    const focused = () => page.evaluate(() => [...document.querySelectorAll('.hit')].indexOf(document.activeElement.closest('.hit')));
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    assert.equal(await focused(), 1);
    await page.keyboard.press('k');
    assert.equal(await focused(), 0);
    await page.keyboard.press('c');
    await page.locator('.around-it').waitFor();
    await page.keyboard.press('?');
    assert.ok(await page.locator('#keys').isVisible());
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'q');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 0);
    await page.keyboard.press('n');
    await page.waitForURL(/offset=10/);
});

check('a failing and an absent server are told', '?q=persona', async page => {
    await page.route('**/?q=*', route => route.fulfill({status: 503, body: '{}'}));
    await page.locator('#q').fill('mask');
    await page.locator('.none', {hasText: 'does not answer'}).waitFor();
    await page.unroute('**/?q=*');
    await page.context().setOffline(true);
    await page.locator('#q').fill('masks');
    await page.locator('.none', {hasText: 'offline'}).waitFor();
    await page.context().setOffline(false);
    await page.keyboard.press('Enter');
    await page.locator('.hit').first().waitFor();
});

check('the last question wins', '', async page => {
    await page.route('**/?q=*', async route => {
        if (/q=mask$/.test(route.request().url()))
            await new Promise(done => setTimeout(done, 900));
        await route.continue().catch(() => {});
    });
    await page.locator('#q').fill('mask');
    await page.waitForTimeout(300);
    await page.locator('#q').fill('qualia');
    await page.locator('.hit').first().waitFor();
    await page.waitForTimeout(900);
    assert.equal(await page.title(), 'qualia – Search');
});

check('what was taken back is not shown when it comes', '?q=qualia', async page => {
    await page.route('**/?q=qualiam', async route => {
        await new Promise(done => setTimeout(done, 700));
        await route.continue().catch(() => {});
    });
    await page.locator('#q').focus();
    await page.keyboard.press('End');
    await page.keyboard.type('m');
    await page.waitForTimeout(300);
    await page.keyboard.press('Backspace');
    await page.waitForTimeout(1000);
    assert.equal(await page.title(), 'qualia – Search');
    assert.match(page.url(), /q=qualia$/);
});

check('comments alike can be narrowed', '?like=takeoff-18', async page => {
    const all = await total(page);
    await page.locator('aside .facet', {hasText: 'Authors'}).locator('a').first().click();
    await page.locator('.chip').waitFor();
    assert.match(page.url(), /like=takeoff%2D18/);
    assert.ok(await total(page) < all);
});

/* ---- on every screen ---- */

for (const [width, query] of [[320, ''], [320, '?q=persona&explain=1&concepts=1&author=gradient_monk'], [320, '?read=takeoff-18'], [300, '?q=hostile']])
    check(`nothing is cut off at ${width} pixels: ${query}`, query, async page => {
        const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        assert.ok(wide[0] <= wide[1], String(wide));
    }, {viewport: {width, height: 700}});

check('text is 16 pixels or more', '?q=persona', async page => {
    const sizes = await page.locator('.text, #q, .hit h2').evaluateAll(list => list.map(one => parseFloat(getComputedStyle(one).fontSize)));
    assert.ok(sizes.every(size => size >= 16), String(sizes));
});

check('print shows results alone', '?q=persona', async page => {
    await page.emulateMedia({media: 'print'});
    assert.equal(await page.locator('aside').isVisible(), false);
    assert.equal(await page.locator('.hit').first().isVisible(), true);
});
