/* page.js - makes the search page quicker: results while typing, links without loading the
 * page anew, context in its place, keys. All markup comes from the server: the page at the
 * new address is fetched and its parts are put in place of those that stand here. Without
 * this script everything works, a page load at a time. */
(() => {
'use strict';

const DEBOUNCE = 150; /* ms from the last keystroke to the request */
const LATE = 250;     /* ms without an answer until what stands there fades */

const form = document.getElementById('search');
const box = document.getElementById('q');
const said = document.getElementById('said');
let under_way = null; /* AbortController of the request whose answer is waited for */
let timer = 0;
let shown = location.href.split('#')[0]; /* the address of what stands there */

const view = () => document.getElementById('view');

/* ---- fetching the page at another address ---- */

async function fetch_page(url, signal) {
    const response = await fetch(url, {signal, headers: {Accept: 'text/html'}});
    const text = await response.text();
    if (!response.ok || !/^text\/html/.test(response.headers.get('Content-Type') ?? ''))
        throw new Error(response.status === 429 ? 'Too many searches at once. Wait a moment.'
            : 'The search does not answer.');
    /* A document made so runs no script and loads nothing. */
    return new DOMParser().parseFromString(text, 'text/html');
}

function exchange(id, made) {
    const here = document.getElementById(id), there = made.getElementById(id);
    if (here && there)
        here.replaceWith(document.adoptNode(there));
}

function show(made, url, typing) {
    const filters = document.getElementById('filters');
    const open = filters?.open, inside = filters?.contains(document.activeElement);
    document.title = made.title;
    exchange('view', made);
    exchange('kept', made);
    if (inside) { /* whoever fills in fields keeps them; an author is among those kept by now */
        filters.querySelector('[name=author]').value = '';
    } else {
        exchange('filters', made);
        document.getElementById('filters').open = open;
    }
    if (!typing)
        box.value = made.getElementById('q').value;
    shown = url;
    const total = document.getElementById('total') ?? view().querySelector('.none');
    said.textContent = total ? total.textContent : '';
}

function trouble(message) {
    const note = document.createElement('p');
    note.className = 'none';
    note.textContent = message;
    view().replaceChildren(note);
    said.textContent = message;
}

/* What stands there is what is wanted after all. */
function give_up() {
    under_way?.abort();
    under_way = null;
    view().classList.remove('late');
    view().removeAttribute('aria-busy');
}

/* Shows the page at url. True when it is there; what was asked later wins. */
async function load(url, typing = false) {
    under_way?.abort();
    const control = under_way = new AbortController();
    const late = setTimeout(() => view().classList.add('late'), LATE);
    view().setAttribute('aria-busy', 'true');
    try {
        const made = await fetch_page(url, control.signal);
        if (under_way !== control)
            return false;
        show(made, url.split('#')[0], typing);
        return true;
    } catch (error) {
        if (under_way !== control || error.name === 'AbortError')
            return false;
        trouble(navigator.onLine ? error.message : 'You are offline.');
        return false;
    } finally {
        clearTimeout(late);
        if (under_way === control) {
            under_way = null;
            view().classList.remove('late');
            view().removeAttribute('aria-busy');
        }
    }
}

/* ---- the form ---- */

function address_of_form() {
    const url = new URL('./', location.href);
    for (const [name, value] of new FormData(form))
        if (value.trim() && !url.searchParams.has(name, value.trim()))
            url.searchParams.append(name, value.trim());
    return url.href;
}

/* One entry of the history for a search, not one for each letter. */
function remember(url, typing) {
    if (url === location.href)
        return;
    if (typing && history.state?.typing)
        history.replaceState({typing: true}, '', url);
    else
        history.pushState({typing}, '', url);
}

function search(typing) {
    clearTimeout(timer);
    const url = address_of_form();
    if (!typing && history.state?.typing)
        history.replaceState({typing: false}, '', url); /* the next letter begins another entry */
    else
        remember(url, typing);
    if (url !== shown || !typing)
        load(url, typing);
    else
        give_up();
}

/* Also while an input method composes: keyboards of phones do so with each word. */
box.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(true), DEBOUNCE);
});
box.addEventListener('blur', () => {
    if (history.state?.typing)
        history.replaceState({typing: false}, '', location.href);
});
form.addEventListener('submit', event => {
    event.preventDefault();
    search(false);
});
form.addEventListener('change', event => {
    if (event.target !== box)
        search(false);
});

window.addEventListener('popstate', () => {
    if (location.href.split('#')[0] !== shown)
        load(location.href);
    else
        give_up();
});

/* ---- links ---- */

function is_plain(event) {
    return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

async function follow(url) {
    remember(url, false);
    if (await load(url)) {
        (document.getElementById('asked') ?? document.body).scrollIntoView({block: 'start'});
        view().focus({preventScroll: true});
    }
}

document.addEventListener('click', event => {
    const link = event.target.closest?.('a[href]');
    if (!link || !is_plain(event) || event.defaultPrevented)
        return;
    const raw = link.getAttribute('href');
    if (link.classList.contains('around')) {
        event.preventDefault();
        unfold(link);
    } else if (raw.startsWith('?') || raw === './') {
        event.preventDefault();
        follow(new URL(raw, location.href).href);
    }
});

/* What stands around a hit, under it; asked for again it is folded up. */
async function unfold(link) {
    const article = link.closest('article');
    const there = article.querySelector('.around-it');
    link.setAttribute('aria-expanded', String(!there));
    if (there)
        return there.remove();
    const frame = document.createElement('div');
    frame.className = 'around-it';
    frame.tabIndex = -1;
    try {
        const made = await fetch_page(link.href, AbortSignal.timeout(10000));
        const thread = made.querySelector('.thread');
        made.getElementById('asked')?.removeAttribute('id'); /* several may be unfolded */
        if (!thread)
            return location.assign(link.href);
        frame.append(document.adoptNode(thread));
        if (!article.querySelector('.around-it'))
            article.append(frame);
    } catch {
        location.assign(link.href);
    }
    return undefined;
}

/* ---- keys ---- */

const keys = document.getElementById('keys');

function step(by) {
    const links = [...view().querySelectorAll('.hit .to')];
    const hit = document.activeElement.closest?.('.hit');
    const at = hit ? links.findIndex(link => hit.contains(link)) : by > 0 ? -1 : links.length;
    const next = links[at + by];
    if (!next)
        return;
    next.focus();
    next.closest('.hit').scrollIntoView({block: 'nearest'});
}

const actions = {
    '/': () => {
        box.focus();
        box.select();
    },
    j: () => step(1),
    k: () => step(-1),
    c: () => document.activeElement.closest?.('.hit')?.querySelector('.around')?.click(),
    n: () => view().querySelector('a[rel=next]')?.click(),
    p: () => view().querySelector('a[rel=prev]')?.click(),
    '?': () => keys.showModal(),
};

document.addEventListener('keydown', event => {
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey || keys.open)
        return;
    if (event.target === box && event.key === 'ArrowDown' && view().querySelector('.hit')) {
        event.preventDefault();
        step(1);
    } else if (event.target === box && event.key === 'Escape') {
        box.blur();
    } else if (!event.target.closest?.('input, select, textarea') && Object.hasOwn(actions, event.key)) {
        event.preventDefault();
        actions[event.key]();
    }
});
})();
