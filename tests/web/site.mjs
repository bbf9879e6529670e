/* site.mjs - what the tests of the page and the element stand on: an index of corpus/ and of
 * hostile comments, `aq serve` over it, a site of another origin, and Debian's Chromium. */
import {spawn, execFileSync} from 'node:child_process';
import {createServer} from 'node:http';
import {createRequire} from 'node:module';
import {existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {tmpdir} from 'node:os';
import {hostile_records} from './payloads.mjs';

export const root = resolve(import.meta.dirname, '../..');
const build = resolve(root, process.env.AQ_BUILD ?? 'build/release');
const require = createRequire(join(root, 'build/web/'));
const chromium_path = process.env.CHROMIUM ?? '/usr/bin/chromium';

/* Why these tests cannot run here, or "". */
export function missing() {
    for (const name of ['playwright-core', 'axe-core'])
        if (!existsSync(join(root, 'build/web/node_modules', name)))
            return `${name} is not there: make web-deps`;
    return existsSync(chromium_path) ? '' : `no ${chromium_path}`;
}

export const axe_source = () => readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/* RELIABILITY's strict policy, on the site that serves the script itself. */
export const STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'";

const site_page = body => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Site</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body><main><h1>Site</h1>
<p><a href="#" id="first">a link</a></p>${body}<p><input id="other" aria-label="Other"></p></main></body></html>`;

async function start_server(dir, origin) {
    const ended = {wanted: false};
    const child = spawn(join(build, 'bin/aq'), ['serve', '-i', dir, '--listen', '127.0.0.1:0', '--allow-origin', origin],
        {stdio: ['ignore', 'ignore', 'pipe']});
    const url = await new Promise((done, fail) => {
        let said = '';
        child.stderr.on('data', bytes => {
            said += bytes;
            const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
            if (found)
                done(found[0]);
        });
        child.on('exit', (status, signal) => {
            fail(new Error(`aq serve ended: ${said}`));
            if (!ended.wanted)
                console.error(`aq serve ended too early, with ${status ?? signal}: ${said}`);
        });
    });
    return {url, stop() {
        ended.wanted = true;
        child.kill();
    }};
}

/* Serves pages with the policy asked for: /strict has the script and answers on its own
 * origin, /other takes both from the search server. */
async function start_site(search_url) {
    const server = createServer(async (request, response) => {
        const url = new URL(request.url, 'http://site');
        const body = url.searchParams.get('body') ?? '<aq-search></aq-search>';
        const from = search_url().replace(/\/$/, '');
        if (url.pathname === '/strict' || url.pathname === '/other') {
            const here = url.pathname === '/strict';
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.setHeader('Content-Security-Policy', here ? STRICT
                : `default-src 'none'; script-src ${from}; style-src 'none'; connect-src ${from}`);
            response.end(site_page(`<script src="${here ? '' : from}/aq-search.js"></script>${body}`));
        } else {
            const answer = await fetch(from + request.url).catch(() => null);
            response.statusCode = answer?.status ?? 502;
            response.setHeader('Content-Type', answer?.headers.get('Content-Type') ?? 'text/plain');
            response.end(answer ? Buffer.from(await answer.arrayBuffer()) : '');
        }
    });
    await new Promise(done => server.listen(0, '127.0.0.1', done));
    return {server, url: `http://127.0.0.1:${server.address().port}/`};
}

export async function open_site() {
    const {chromium} = require('playwright-core');
    const dir = mkdtempSync(join(tmpdir(), 'aq-web-'));
    writeFileSync(join(dir, 'hostile.jsonl'), hostile_records().map(record => JSON.stringify(record)).join('\n'));
    execFileSync(join(build, 'bin/aq-index'), ['add', '-q', '-i', join(dir, 'index'), join(root, 'corpus/threads'),
        join(root, 'corpus/formats'), join(dir, 'hostile.jsonl')], {stdio: 'pipe'});
    let search = {url: ''};
    const site = await start_site(() => search.url);
    search = await start_server(join(dir, 'index'), site.url.replace(/\/$/, ''));
    const browser = await chromium.launch({executablePath: chromium_path, args: ['--no-sandbox']});
    return {
        search: search.url, site: site.url, browser,
        async close() {
            await browser.close();
            site.server.close();
            search.stop();
            rmSync(dir, {recursive: true});
        },
    };
}

/* A page that counts what must not happen. */
export async function open_page(here, options = {}) {
    const context = await here.browser.newContext({viewport: {width: 1100, height: 800}, ...options});
    const page = await context.newPage();
    page.faults = [];
    page.on('dialog', dialog => {
        page.faults.push('dialog: ' + dialog.message());
        dialog.dismiss();
    });
    page.on('pageerror', error => page.faults.push('script: ' + error.message));
    page.on('console', message => {
        if (/Content Security Policy|Refused to/.test(message.text()))
            page.faults.push('policy: ' + message.text());
    });
    await page.exposeFunction('fault', what => page.faults.push(what));
    await page.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', event =>
            window.fault(`policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
    return page;
}

export const site_url = (here, kind, body) => here.site + kind + (body ? '?body=' + encodeURIComponent(body) : '');
