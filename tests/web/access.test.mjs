/* access.test.mjs - axe-core over page and element, light and dark; and how long it takes
 * from a keystroke to painted results. */
import {after, before, test} from 'node:test';
import assert from 'node:assert/strict';
import {axe_source, missing, open_page, open_site, site_url} from './site.mjs';

const skip = missing() || false;
const MOST = Number(process.env.AQ_PAINT_MS ?? 250); /* from keystroke to paint, debounce included */
let here;
before(async () => {
    if (!skip)
        here = await open_site();
});
after(() => here?.close());

/* Serious or critical findings, each with the first element it is about. */
async function findings(page) {
    await page.evaluate(axe_source()).catch(() => page.addScriptTag({content: axe_source()}));
    const {violations} = await page.evaluate(() => window.axe.run(document, {resultTypes: ['violations']}));
    return violations.filter(one => ['serious', 'critical'].includes(one.impact))
        .map(one => `${one.id}: ${one.nodes.length} such as ${one.nodes[0].html} ${one.nodes[0].failureSummary}`);
}

for (const colorScheme of ['light', 'dark'])
    for (const viewport of [{width: 1100, height: 800}, {width: 390, height: 844}]) {
        const where = `${colorScheme}, ${viewport.width} pixels`;
        for (const query of ['', '?q=persona+superintelligence&explain=1&concepts=1&author=gradient_monk', '?q=zzyzzxq', '?read=takeoff-18&q=persona'])
            test(`page ${query || '/'}: ${where}`, {skip, timeout: 60000}, async () => {
                const page = await open_page(here, {colorScheme, viewport, bypassCSP: true});
                await page.goto(here.search + query);
                assert.deepEqual(await findings(page), []);
                await page.context().close();
            });
        for (const body of ['<aq-search></aq-search>', '<aq-search modal></aq-search>', '<aq-search lang="ar"></aq-search>'])
            test(`element ${body}: ${where}`, {skip, timeout: 60000}, async () => {
                const page = await open_page(here, {colorScheme, viewport, bypassCSP: true});
                await page.goto(site_url(here, 'strict', body));
                if (colorScheme === 'dark')
                    await page.evaluate(() => {
                        document.body.style.background = '#17181c';
                        document.body.style.color = '#eee';
                        document.querySelectorAll('a').forEach(one => { one.style.color = '#9cf'; });
                    });
                await page.evaluate(() => document.querySelector('aq-search').open());
                await page.keyboard.type('persona');
                await page.locator('aq-search .all').waitFor();
                await page.keyboard.press('ArrowDown');
                assert.deepEqual(await findings(page), []);
                await page.context().close();
            });
    }

/* From the last key to the frame in which results for it are on the screen. */
async function paint_times(page, box, ready) {
    const times = [];
    for (const text of ['persona', 'mask', 'qualia', 'superintelligence', 'gradient', 'corrigibility', 'reward', 'simulator', 'training']) {
        await page.locator(box).fill('');
        await page.waitForTimeout(300);
        await page.locator(box).pressSequentially(text.slice(0, -1));
        await page.waitForTimeout(400);
        await page.evaluate(([source, word]) => {
            const root = document.querySelector('aq-search')?.shadowRoot ?? document;
            const is_there = {element: () => root.querySelector('.all')?.textContent.includes(`“${word}”`), page: () => document.title.startsWith(word + ' ')}[source];
            window.painted = new Promise(done => {
                addEventListener('keydown', event => {
                    const began = event.timeStamp;
                    const look = () => is_there() ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look);
                    requestAnimationFrame(look);
                }, {once: true, capture: true});
            });
        }, [ready, text]);
        await page.keyboard.type(text.at(-1));
        times.push(await page.evaluate(() => window.painted));
    }
    return times.sort((a, b) => a - b);
}

for (const [what, url, box] of [['element', () => site_url(here, 'other'), 'aq-search input'], ['page', () => here.search, '#q']])
    test(`${what}: from keystroke to painted results`, {skip, timeout: 120000}, async t => {
        const page = await open_page(here);
        await page.goto(url());
        const times = await paint_times(page, box, what);
        t.diagnostic(`median ${Math.round(times[4])} ms, slowest ${Math.round(times.at(-1))} ms, debounce included`);
        assert.ok(times[4] < MOST, times.map(Math.round).join(' '));
        await page.context().close();
    });
