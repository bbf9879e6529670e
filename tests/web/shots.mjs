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
const dark_site = page => page.evaluate(() => {
    document.body.style.background = '#17181c';
    document.body.style.color = '#dfe2e7';
});

for (const colorScheme of ['light', 'dark'])
    for (const [screen, viewport] of [['desktop', DESKTOP], ['phone', PHONE]]) {
        const options = {colorScheme, viewport};
        await shoot(`page-${colorScheme}-${screen}`, here.search + '?q=persona+superintelligence', options);
        await shoot(`element-${colorScheme}-${screen}`, site_url(here, 'strict', `<aq-search ${screen === 'phone' ? 'modal' : ''}></aq-search>`),
            {...options, bypassCSP: true}, async page => {
                if (colorScheme === 'dark')
                    await dark_site(page);
                await opened('instrumental')(page);
            });
    }
await shoot('page-thread', here.search + '?read=takeoff-18&q=persona#asked', {colorScheme: 'light', viewport: DESKTOP});
await shoot('element-modal', site_url(here, 'strict', '<aq-search modal></aq-search>'), {colorScheme: 'light', viewport: DESKTOP}, opened('persona'));
await shoot('element-rtl', site_url(here, 'strict', '<aq-search lang="ar"></aq-search>'), {colorScheme: 'light', viewport: {width: 700, height: 620}}, opened('persona'));
await here.close();
