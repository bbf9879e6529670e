/* shots.mjs - screenshots of page and element for docs/, light and dark, desktop and phone:
 * node shots.mjs DIRECTORY. Made small with pngquant. */
import {mkdirSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {join} from 'node:path';
import {missing, open_page, open_site, site_url} from './site.mjs';

const why = missing();
if (why)
    throw new Error(why);
const dir = process.argv[2];
mkdirSync(dir, {recursive: true});
const here = await open_site();
const DESKTOP = {width: 1180, height: 860}, PHONE = {width: 390, height: 844};

async function shoot(name, url, options, act) {
    const page = await open_page(here, options);
    await page.goto(url);
    await act?.(page);
    await page.waitForTimeout(400);
    const file = join(dir, name + '.png');
    await page.screenshot({path: file});
    await page.context().close();
    execFileSync('pngquant', ['--force', '--skip-if-larger', '--strip', '--output', file, '48', file]);
}

const opened = text => async page => {
    await page.evaluate(() => document.querySelector('aq-search').open());
    await page.keyboard.type(text);
    await page.locator('aq-search .all').first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
};
/* A site around the element, in its colours. */
async function dress(page) {
    await page.addStyleTag({content: `body { max-width: 46rem; margin: 0 auto; padding: 1.5rem; font: 1.05rem/1.6 system-ui, sans-serif }
        #other { display: none } @media (prefers-color-scheme: dark) { body { background: #17181c; color: #dfe2e7 } a { color: #8fbcec } }`});
    await page.evaluate(() => {
        document.querySelector('h1').textContent = 'The Reading Room';
        document.querySelector('#first').textContent = 'Latest threads';
    });
}

for (const colorScheme of ['light', 'dark'])
    for (const [screen, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
        const options = {colorScheme, viewport, bypassCSP: true};
        await shoot(`page-${colorScheme}-${screen}`, here.search + '?q=persona+superintelligence', options);
        await shoot(`element-${colorScheme}-${screen}`, site_url(here, 'strict', `<aq-search ${screen === 'phone' ? 'modal' : ''}></aq-search>`),
            options, async page => {
                await dress(page);
                await opened('persona mask')(page);
            });
    }
const light = viewport => ({colorScheme: 'light', viewport, bypassCSP: true});
await shoot('page-thread', here.search + '?read=takeoff-18&q=persona#asked', light(DESKTOP));
await shoot('page-words', here.search + '?q=persona&author=gradient_monk', light(DESKTOP));
for (const [name, body, viewport] of [['modal', '<aq-search modal></aq-search>', DESKTOP], ['rtl', '<aq-search lang="ar"></aq-search>', {width: 700, height: 620}]])
    await shoot('element-' + name, site_url(here, 'strict', body), light(viewport), async page => {
        await dress(page);
        await opened('persona')(page);
    });
await here.close();
