/* aq-search.js - <aq-search>, a search box for any page: docs/SEARCH-BOX.md says how to use it.
 *
 * Asks /search and /suggest of an aq server and shows what comes back in its own shadow root.
 * Text from the server becomes text nodes and <mark>, never markup. Styles are a constructed
 * sheet, so that a page's policy needs no more than this script's origin in script-src and
 * the server's in connect-src. Nothing is kept or sent anywhere else. */
(() => {
'use strict';

const DEBOUNCE = 150;    /* ms from the last keystroke to the request */
const SKELETON = 200;    /* ms without an answer until something is shown to be under way */
const ANNOUNCE = 600;    /* ms of rest before the number of results is read out */
const TIMEOUT = 10000;   /* ms */
const KEPT = 30;         /* answers kept for those who type back and forth */
const KEPT_FOR = 60000;  /* ms */
const RECENT = 5;        /* searches remembered, where that is wanted */

/* Where this script came from is where the server is, unless `endpoint` names another. */
const home = document.currentScript?.src ? new URL('.', document.currentScript.src).href : location.origin + '/';
const mac = /Mac|iPhone|iPad/.test(navigator.userAgentData?.platform ?? navigator.platform);

/* ---- interface text ----
 * {q} is what was typed, {n} a number; counts by Intl.PluralRules. */

const LANGUAGES = {
    en: {
        search: 'Search', hint: 'Search discussions', clear: 'Clear', close: 'Close', results: 'Results',
        none: 'Nothing found for “{q}”', tip: 'Fewer or other words may help.',
        failed: 'The search does not answer', busy: 'Too many searches at once', slow: 'The search takes too long',
        offline: 'You are offline', again: 'Try again', back: 'Searches on when you are back.',
        all: 'All results for “{q}”', recent: 'Recent searches', forget: 'Forget them', by: 'Author',
        count: {one: '{n} result', other: '{n} results'},
        points: {one: '{n} point', other: '{n} points'},
        quoted: {one: 'quoted once', other: 'quoted {n} times'},
    },
    de: {
        search: 'Suchen', hint: 'Diskussionen durchsuchen', clear: 'Leeren', close: 'Schließen', results: 'Treffer',
        none: 'Nichts gefunden zu „{q}“', tip: 'Vielleicht helfen weniger oder andere Wörter.',
        failed: 'Die Suche antwortet nicht', busy: 'Zu viele Anfragen auf einmal', slow: 'Die Suche braucht zu lange',
        offline: 'Keine Verbindung', again: 'Noch einmal', back: 'Sobald die Verbindung wieder da ist, geht es weiter.',
        all: 'Alle Treffer zu „{q}“', recent: 'Letzte Suchen', forget: 'Vergessen', by: 'Von',
        count: {one: '{n} Treffer', other: '{n} Treffer'},
        points: {one: '{n} Punkt', other: '{n} Punkte'},
        quoted: {one: 'einmal zitiert', other: '{n}-mal zitiert'},
    },
    fr: {
        search: 'Rechercher', hint: 'Chercher dans les discussions', clear: 'Effacer', close: 'Fermer',
        results: 'Résultats', none: 'Rien trouvé pour « {q} »', tip: 'Essayez moins de mots, ou d’autres.',
        failed: 'La recherche ne répond pas', busy: 'Trop de recherches à la fois', slow: 'La recherche est trop lente',
        offline: 'Vous êtes hors ligne', again: 'Réessayer', back: 'La recherche reprendra avec la connexion.',
        all: 'Tous les résultats pour « {q} »', recent: 'Recherches récentes', forget: 'Les oublier', by: 'Auteur',
        count: {one: '{n} résultat', other: '{n} résultats'},
        points: {one: '{n} point', other: '{n} points'},
        quoted: {one: 'cité une fois', other: 'cité {n} fois'},
    },
    es: {
        search: 'Buscar', hint: 'Buscar en los debates', clear: 'Borrar', close: 'Cerrar', results: 'Resultados',
        none: 'No hay nada para «{q}»', tip: 'Pruebe con menos palabras, o con otras.',
        failed: 'La búsqueda no responde', busy: 'Demasiadas búsquedas a la vez', slow: 'La búsqueda tarda demasiado',
        offline: 'Sin conexión', again: 'Reintentar', back: 'La búsqueda sigue cuando vuelva la conexión.',
        all: 'Todos los resultados de «{q}»', recent: 'Búsquedas recientes', forget: 'Olvidarlas', by: 'Autor',
        count: {one: '{n} resultado', other: '{n} resultados'},
        points: {one: '{n} punto', other: '{n} puntos'},
        quoted: {one: 'citado una vez', other: 'citado {n} veces'},
    },
    nl: {
        search: 'Zoeken', hint: 'Zoek in discussies', clear: 'Wissen', close: 'Sluiten', results: 'Resultaten',
        none: 'Niets gevonden voor “{q}”', tip: 'Minder of andere woorden helpen misschien.',
        failed: 'De zoekdienst antwoordt niet', busy: 'Te veel zoekopdrachten tegelijk', slow: 'Het zoeken duurt te lang',
        offline: 'Geen verbinding', again: 'Opnieuw', back: 'Zodra er weer verbinding is, gaat het verder.',
        all: 'Alle resultaten voor “{q}”', recent: 'Recente zoekopdrachten', forget: 'Vergeten', by: 'Auteur',
        count: {one: '{n} resultaat', other: '{n} resultaten'},
        points: {one: '{n} punt', other: '{n} punten'},
        quoted: {one: 'één keer geciteerd', other: '{n} keer geciteerd'},
    },
    ar: {
        search: 'بحث', hint: 'ابحث في النقاشات', clear: 'مسح', close: 'إغلاق', results: 'النتائج',
        none: 'لا نتائج عن «{q}»', tip: 'جرّب كلمات أقل أو كلمات أخرى.',
        failed: 'البحث لا يستجيب', busy: 'طلبات كثيرة في وقت واحد', slow: 'البحث يستغرق وقتًا طويلًا',
        offline: 'لا يوجد اتصال', again: 'حاول مجددًا', back: 'يُستأنف البحث عند عودة الاتصال.',
        all: 'كل النتائج عن «{q}»', recent: 'عمليات بحث سابقة', forget: 'حذفها', by: 'الكاتب',
        count: {zero: 'لا نتائج', one: 'نتيجة واحدة', two: 'نتيجتان', few: '{n} نتائج', many: '{n} نتيجة', other: '{n} نتيجة'},
        points: {one: 'نقطة واحدة', two: 'نقطتان', few: '{n} نقاط', many: '{n} نقطة', other: '{n} نقطة'},
        quoted: {one: 'اقتُبس مرة', two: 'اقتُبس مرتين', few: 'اقتُبس {n} مرات', other: 'اقتُبس {n} مرة'},
    },
    he: {
        search: 'חיפוש', hint: 'חיפוש בדיונים', clear: 'ניקוי', close: 'סגירה', results: 'תוצאות',
        none: 'לא נמצא דבר עבור ”{q}“', tip: 'אולי יעזרו פחות מילים, או מילים אחרות.',
        failed: 'החיפוש אינו מגיב', busy: 'יותר מדי חיפושים בבת אחת', slow: 'החיפוש נמשך זמן רב מדי',
        offline: 'אין חיבור לרשת', again: 'לנסות שוב', back: 'החיפוש ימשיך כשהחיבור יחזור.',
        all: 'כל התוצאות עבור ”{q}“', recent: 'חיפושים אחרונים', forget: 'לשכוח אותם', by: 'מאת',
        count: {one: 'תוצאה אחת', two: 'שתי תוצאות', other: '{n} תוצאות'},
        points: {one: 'נקודה אחת', two: 'שתי נקודות', other: '{n} נקודות'},
        quoted: {one: 'צוטט פעם אחת', two: 'צוטט פעמיים', other: 'צוטט {n} פעמים'},
    },
};
const RIGHT_TO_LEFT = new Set(['ar', 'he', 'fa', 'ur']);

class Speech {
    constructor(tag) {
        const base = tag.toLowerCase().split('-')[0];
        this.text = LANGUAGES[base] ?? LANGUAGES.en;
        this.dir = RIGHT_TO_LEFT.has(base) ? 'rtl' : 'ltr';
        /* Numbers and plurals follow the words: no Polish plural of an English noun. */
        this.tag = LANGUAGES[base] ? tag : 'en';
        this.plurals = new Intl.PluralRules(this.tag);
        this.numbers = new Intl.NumberFormat(this.tag);
        this.dates = new Intl.DateTimeFormat(this.tag, {dateStyle: 'medium', timeZone: 'UTC'});
    }
    about(key, q) {
        return this.text[key].replace('{q}', () => q);
    }
    count(key, n, more) {
        const forms = this.text[key];
        const form = forms[this.plurals.select(n)] ?? forms.other;
        return form.replace('{n}', () => this.numbers.format(n) + (more ? '+' : ''));
    }
    date(iso) {
        const date = new Date(iso);
        return Number.isNaN(date.getTime()) ? '' : this.dates.format(date);
    }
}

/* ---- making elements ---- */

function make(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes))
        if (value !== null && value !== undefined && value !== false)
            element.setAttribute(key, value === true ? '' : value);
    element.append(...children.filter(child => child !== null && child !== ''));
    return element;
}

function icon(path) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 20 20');
    svg.setAttribute('aria-hidden', 'true');
    const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    drawn.setAttribute('d', path);
    svg.append(drawn);
    return svg;
}
const LENS = 'M8.5 3a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M12.6 12.6 17 17';
const CROSS = 'M5 5l10 10M15 5 5 15';
const ARROW = 'M4 10h12M11 5l5 5-5 5';
const CLOCK = 'M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6v4l3 2';
const TALK = 'M3 4h14v10H9l-4 3v-3H3z';
const FACE = 'M10 3a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7M3.5 17c0-3.5 3-5 6.5-5s6.5 1.5 6.5 5';

/* text[from, to) with its ranges (code units of UTF-16, ascending) marked. */
function marked(text, ranges, from = 0, to = text.length) {
    const out = document.createDocumentFragment();
    let at = from;
    for (const [begin, end] of ranges ?? []) {
        const first = Math.max(begin, at), last = Math.min(end, to);
        if (!(first < last))
            continue;
        out.append(text.slice(at, first), make('mark', {part: 'mark'}, text.slice(first, last)));
        at = last;
    }
    out.append(text.slice(at, to));
    return out;
}

/* The address if a link may lead there, else null: what a corpus calls a URL may be anything. */
function safe(address, base) {
    try {
        const url = new URL(address, base);
        return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
    } catch {
        return null;
    }
}

/* ---- what was searched for before: on this device only, and only where `recent` is set ---- */

const recent = {
    key: endpoint => 'aq-search ' + endpoint,
    read(endpoint) {
        try {
            const list = JSON.parse(localStorage.getItem(recent.key(endpoint)));
            return Array.isArray(list) ? list.filter(item => typeof item === 'string').slice(0, RECENT) : [];
        } catch {
            return []; /* nothing there, not ours, or storage is denied */
        }
    },
    add(endpoint, query) {
        const list = [query, ...recent.read(endpoint).filter(item => item !== query)].slice(0, RECENT);
        try {
            localStorage.setItem(recent.key(endpoint), JSON.stringify(list));
        } catch { /* full or denied: then it is not remembered */ }
    },
    forget(endpoint) {
        try {
            localStorage.removeItem(recent.key(endpoint));
        } catch { /* denied: nothing was kept */ }
    },
};

/* ---- asking the server ---- */

class Trouble extends Error {
    constructor(kind, message) {
        super(message);
        this.kind = kind; /* a key of the interface text */
    }
}

async function ask(url, signal) {
    let response;
    try {
        response = await fetch(url, {signal, credentials: 'omit', referrerPolicy: 'no-referrer'});
    } catch (error) {
        if (signal.aborted)
            throw signal.reason;
        throw new Trouble(navigator.onLine ? 'failed' : 'offline', String(error));
    }
    const answer = await response.json().catch(() => null);
    if (signal.aborted)
        throw signal.reason;
    if (!response.ok || !answer)
        throw new Trouble(response.status === 429 ? 'busy' : 'failed', answer?.error?.message ?? '');
    return answer;
}

/* Answers by address. A new request gives the last one up; what comes late is dropped. */
class Server {
    #kept = new Map();
    #under_way = null;

    stop() {
        this.#under_way?.abort(new DOMException('', 'AbortError'));
        this.#under_way = null;
    }
    /* {search, suggest}, or null when something newer was asked meanwhile. */
    async answer(search, suggest) {
        this.stop();
        const known = this.#kept.get(search);
        if (known && performance.now() - known.time < KEPT_FOR)
            return known.answer;
        const control = new AbortController();
        this.#under_way = control;
        const timer = setTimeout(() => control.abort(new Trouble('slow', '')), TIMEOUT);
        try {
            /* Suggestions are a help: without them there are still results. */
            const [found, suggested] = await Promise.all([
                ask(search, control.signal),
                ask(suggest, control.signal).catch(() => null),
            ]);
            if (this.#under_way !== control)
                return null;
            const answer = {search: found, suggestions: suggested?.suggestions ?? []};
            this.#kept.set(search, {time: performance.now(), answer});
            if (this.#kept.size > KEPT)
                this.#kept.delete(this.#kept.keys().next().value);
            return answer;
        } catch (error) {
            if (this.#under_way !== control || error.name === 'AbortError')
                return null;
            throw error instanceof Trouble ? error : new Trouble('failed', String(error));
        } finally {
            clearTimeout(timer);
        }
    }
}

/* ---- keys that open the box from anywhere ---- */

const boxes = new Set();

function is_typing(event) {
    const target = event.composedPath()[0];
    return target instanceof HTMLElement &&
        (target.isContentEditable || target.matches('input, textarea, select, [role=textbox]'));
}

function on_page_key(event) {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229 || event.altKey)
        return;
    const mod = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
    const name = mod && event.key?.toLowerCase() === 'k' && !event.shiftKey ? 'mod+k'
        : event.key === '/' && !event.ctrlKey && !event.metaKey && !is_typing(event) ? '/' : '';
    /* Of several boxes the one that is open, else the first. */
    const able = [...boxes].filter(box => name && box.takes(name));
    const box = able.find(one => one.is_open) ?? able[0];
    if (!box)
        return;
    event.preventDefault();
    if (box.is_open && name === 'mod+k' && box.hasAttribute('modal'))
        box.close();
    else
        box.open();
}

/* ---- styles ---- */

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
    --ink: var(--aq-ink, #20242b); --muted: var(--aq-muted, #5c6470); --paper: var(--aq-paper, #fff);
    --line: var(--aq-line, #d9dce1); --accent: var(--aq-accent, #245a8d); --active: var(--aq-active, #eef3f9);
    --mark: var(--aq-mark, #fdeeb0); --mark-ink: var(--aq-mark-ink, #20242b);
    --radius: var(--aq-radius, 10px); --shadow: var(--aq-shadow, 0 12px 40px rgb(16 24 40 / .18));
    display: block; max-width: var(--aq-width, 34rem); color-scheme: light; position: relative;
    font: 400 1rem/1.5 var(--aq-font, system-ui, sans-serif); color: var(--ink); text-align: start;
}
:host([hidden]) { display: none }
:host([modal]) { display: inline-block }
@media (prefers-color-scheme: dark) {
    :host(:not([theme=light])) {
        --ink: var(--aq-ink, #e4e7ec); --muted: var(--aq-muted, #a0a8b5); --paper: var(--aq-paper, #1b1e24);
        --line: var(--aq-line, #383e49); --accent: var(--aq-accent, #8dbdf0); --active: var(--aq-active, #283140);
        --mark: var(--aq-mark, #5b4a12); --mark-ink: var(--aq-mark-ink, #fff3c9); color-scheme: dark;
        --shadow: var(--aq-shadow, 0 12px 40px rgb(0 0 0 / .6));
    }
}
:host([theme=dark]) {
    --ink: var(--aq-ink, #e4e7ec); --muted: var(--aq-muted, #a0a8b5); --paper: var(--aq-paper, #1b1e24);
    --line: var(--aq-line, #383e49); --accent: var(--aq-accent, #8dbdf0); --active: var(--aq-active, #283140);
    --mark: var(--aq-mark, #5b4a12); --mark-ink: var(--aq-mark-ink, #fff3c9); color-scheme: dark;
    --shadow: var(--aq-shadow, 0 12px 40px rgb(0 0 0 / .6));
}
*, ::before { box-sizing: border-box }
[hidden] { display: none !important }
svg { width: 1.25em; height: 1.25em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.6;
    stroke-linecap: round; stroke-linejoin: round }
kbd { font: inherit; font-size: .75em; line-height: 1; padding: .3em .5em; border: 1px solid var(--line);
    border-radius: 5px; color: var(--muted); background: var(--paper); white-space: nowrap }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer }
.box { display: flex; align-items: center; gap: .6em; min-height: 2.75rem; padding-inline: .8em; color: var(--muted);
    background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius) }
.box:focus-within { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent) }
input { flex: 1; min-width: 0; align-self: stretch; font: inherit; font-size: max(1rem, 16px); color: var(--ink);
    background: none; border: 0; padding: 0; outline: 0 }
input::placeholder { color: var(--muted); opacity: 1 }
.small { display: grid; place-items: center; width: 1.9rem; height: 1.9rem; border-radius: 6px; color: var(--muted) }
.close { width: auto; padding-inline: .3em }
.small:hover { color: var(--ink); background: var(--active) }
.open { display: inline-flex; align-items: center; gap: .6em; min-height: 2.5rem; padding-inline: .8em;
    color: var(--muted); background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius) }
.open:hover { border-color: var(--muted); color: var(--ink) }
.open:focus-visible, .small:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px }
.panel { background: var(--paper); overflow-y: auto; overscroll-behavior: contain; scrollbar-gutter: auto }
.place .panel { position: absolute; z-index: var(--aq-layer, 1000); inset-inline: 0; top: calc(100% + 6px);
    max-height: min(34rem, 70vh); border: 1px solid var(--line); border-radius: var(--radius);
    box-shadow: var(--shadow) }
dialog { width: min(44rem, calc(100vw - 2rem)); max-width: none; height: fit-content; max-height: min(46rem, 84vh);
    margin: 8vh auto auto; padding: 0; overflow: hidden; color: inherit; background: var(--paper);
    border: 1px solid var(--line); border-radius: calc(var(--radius) + 4px); box-shadow: var(--shadow) }
dialog[open] { display: flex; flex-direction: column }
dialog::backdrop { background: rgb(16 24 40 / .45) }
dialog .box { flex: none; min-height: 3.5rem; border: 0; border-radius: 0; padding-inline: 1.1em .7em }
dialog .box:focus-within { box-shadow: none }
dialog .panel { border-top: 1px solid var(--line); min-height: 0 }
.list { padding: .4em }
.stale { opacity: .6 }
.label { margin: .6em .7em .2em; font-size: .8em; font-weight: 600; color: var(--muted) }
[role=option] + [role=group], [role=group] + [role=group] { border-top: 1px solid var(--line); margin-top: .3em; padding-top: .3em }
[role=option] { display: block; padding: .55em .7em; border-radius: calc(var(--radius) - 3px); color: inherit;
    text-decoration: none; cursor: pointer; scroll-margin: .5em }
[role=option][aria-selected=true] { background: var(--active); box-shadow: inset 3px 0 0 var(--accent) }
[role=option]:dir(rtl)[aria-selected=true] { box-shadow: inset -3px 0 0 var(--accent) }
.row { display: flex; align-items: center; gap: .7em }
.row svg { color: var(--muted) }
.row > span { min-width: 0; overflow-wrap: anywhere }
.row .meta { margin: 0; margin-inline-start: auto; white-space: nowrap }
.title { display: block; font-weight: 600; color: var(--accent); overflow-wrap: anywhere }
.title mark { color: inherit }
.snippet { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 4; line-clamp: 4;
    overflow: hidden; overflow-wrap: anywhere; font-size: .94em }
.quote .snippet { border-inline-start: 3px solid var(--line); padding-inline-start: .7em }
.meta { display: block; margin-top: .15em; font-size: .82em; color: var(--muted) }
.next { margin-inline-start: .9em }
mark { background: linear-gradient(transparent 12%, var(--mark) 12% 88%, transparent 88%); color: var(--mark-ink);
    padding-inline: 1px; margin-inline: -1px }
.say { padding: 1.6em 1.2em; text-align: center; color: var(--muted) }
.say b { display: block; color: var(--ink); font-weight: 600; overflow-wrap: anywhere }
.all { color: var(--accent); font-weight: 600; margin-top: .3em }
.bone { height: .85em; margin: .75em .7em; border-radius: 4px; background: var(--line); animation: breathe 1.2s infinite }
.bone:nth-child(3n + 1) { width: 45%; height: 1em; margin-top: 1.3em }
.bone:nth-child(3n) { width: 78% }
@keyframes breathe { 50% { opacity: .45 } }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
@media (max-width: 36rem) {
    dialog { width: 100vw; height: 100dvh; max-height: none; margin: 0; border: 0; border-radius: 0 }
    .box kbd { display: none }
    .close span { position: static; width: auto; height: auto; clip-path: none; font-size: .9em }
}
@media (prefers-reduced-motion: reduce) { .bone { animation: none } }
@media (forced-colors: active) {
    [role=option][aria-selected=true] { outline: 2px solid Highlight; outline-offset: -2px }
    mark { background: Mark; color: MarkText }
    .bone { background: GrayText }
}
@media print { .panel, dialog { display: none } }
`);

/* ---- the element ---- */

class AqSearch extends HTMLElement {
    static observedAttributes = ['endpoint', 'modal', 'lang', 'dir', 'placeholder', 'hotkey', 'page', 'limit',
                                 'group', 'thread', 'author', 'after', 'before'];

    #speech = new Speech('en');
    #server = new Server();
    #root = this.attachShadow({mode: 'open', delegatesFocus: true});
    #timers = {debounce: 0, skeleton: 0, announce: 0};
    #options = [];       /* elements, in order; what Enter does is their click */
    #active = -1;        /* index of the option that arrows have come to */
    #answer = null;      /* what the list shows */
    #answered = '';      /* the query it is for */
    #trouble = null;
    #before = null;      /* what had the focus before the dialog did */
    #input; #panel; #list; #status; #dialog; #clear;

    /* ---- for the page's scripts ---- */

    get value() { return this.#input?.value ?? ''; }
    set value(text) {
        this.#build();
        this.#input.value = text;
        this.#on_input();
    }
    get endpoint() { return safe(this.getAttribute('endpoint') || home, document.baseURI) ?? home; }
    get is_open() { return this.#dialog ? this.#dialog.open : Boolean(this.#panel && !this.#panel.hidden); }

    open() {
        this.#build();
        if (this.#dialog && !this.#dialog.open) {
            this.#before = document.activeElement;
            this.#dialog.showModal();
        }
        this.#input.focus();
        this.#input.select();
        this.#show();
    }
    close() {
        this.#stop();
        if (this.#dialog?.open) {
            this.#dialog.close();
            this.#hide();
            this.#before?.focus?.(); /* now, not at the event: by then the focus may be elsewhere */
            this.#before = null;
        } else if (this.#panel) {
            this.#hide();
        }
    }
    takes(key) {
        const keys = (this.getAttribute('hotkey') ?? 'mod+k /').split(/\s+/);
        return keys.includes(key) && this.checkVisibility?.() !== false;
    }

    /* ---- coming and going ---- */

    connectedCallback() {
        if (!boxes.size)
            document.addEventListener('keydown', on_page_key);
        boxes.add(this);
        this.#build();
        window.addEventListener('online', this.#on_online);
    }
    disconnectedCallback() {
        boxes.delete(this);
        if (!boxes.size)
            document.removeEventListener('keydown', on_page_key);
        window.removeEventListener('online', this.#on_online);
        this.#stop();
    }
    attributeChangedCallback(name, old, value) {
        if (!this.#input || old === value)
            return;
        const text = this.value;
        this.#stop();
        this.#input = null;
        this.#build();
        this.#input.value = text;
    }

    #build() {
        if (this.#input)
            return;
        const near = this.closest('[lang]');
        this.#speech = new Speech(near?.lang || navigator.language || 'en');
        const say = this.#speech.text;
        const modal = this.hasAttribute('modal');
        const hint = this.getAttribute('placeholder') ?? say.hint;
        this.#input = make('input', {
            part: 'input', type: 'text', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'list',
            'aria-autocomplete': 'list', 'aria-label': say.search, placeholder: hint, autocomplete: 'off',
            autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'search', maxlength: 512, dir: 'auto',
        });
        this.#clear = make('button', {class: 'small', type: 'button', 'aria-label': say.clear, hidden: true}, icon(CROSS));
        this.#list = make('div', {class: 'list', part: 'list', id: 'list', role: 'listbox', 'aria-label': say.results});
        this.#panel = make('div', {class: 'panel', part: 'panel', hidden: true}, this.#list);
        this.#status = make('div', {class: 'unseen', role: 'status'});
        const box = make('div', {class: 'box', part: 'box'}, icon(LENS), this.#input, this.#clear);
        const key = this.takes('mod+k') ? make('kbd', {'aria-hidden': 'true'}, mac ? '⌘ K' : 'Ctrl K') : null;
        /* An element that says its language writes in that direction; else the page's holds. */
        const frame = {part: 'frame', lang: this.#speech.tag,
                       dir: this.hasAttribute('lang') && !this.hasAttribute('dir') ? this.#speech.dir : null};
        this.#root.adoptedStyleSheets = [sheet];
        this.#dialog = null;
        if (modal)
            this.#build_modal(frame, box, key, hint);
        else
            this.#root.replaceChildren(make('div', {...frame, class: 'place', role: 'search'},
                box, this.#panel, this.#status));
        if (!modal && key)
            box.append(key);
        this.#listen();
    }

    #build_modal(frame, box, key, hint) {
        const say = this.#speech.text;
        const open = make('button', {class: 'open', part: 'button', type: 'button', 'aria-haspopup': 'dialog'},
            icon(LENS), make('slot', {name: 'label'}, hint), key ?? '');
        const close = make('button', {class: 'small close', part: 'close', type: 'button'},
            make('kbd', {}, 'Esc'), ' ', make('span', {class: 'unseen'}, say.close));
        box.append(close);
        this.#dialog = make('dialog', {part: 'dialog', 'aria-label': say.search}, box, this.#panel, this.#status);
        this.#root.replaceChildren(make('div', frame, open, this.#dialog));
        open.addEventListener('click', () => this.open());
        close.addEventListener('click', () => this.close());
        this.#dialog.addEventListener('click', event => {
            if (event.target === this.#dialog) /* beside it, on the backdrop */
                this.close();
        });
        this.#dialog.addEventListener('cancel', event => {
            event.preventDefault(); /* Escape is answered where it is known whether a word is being composed */
        });
        this.#dialog.addEventListener('keydown', event => this.#keep_inside(event));
    }

    #listen() {
        this.#input.addEventListener('input', () => this.#on_input());
        this.#input.addEventListener('keydown', event => this.#on_key(event));
        this.#input.addEventListener('focus', () => {
            if (!this.#dialog)
                this.#show();
        });
        this.#input.addEventListener('pointerdown', () => {
            if (this.#panel.hidden)
                this.#show();
        });
        this.#clear.addEventListener('click', () => {
            this.value = '';
            this.#input.focus();
        });
        /* Pressing a mouse button on the list leaves the focus in the box. */
        this.#panel.addEventListener('mousedown', event => event.preventDefault());
        this.#list.addEventListener('pointermove', event => {
            const at = this.#options.indexOf(event.target.closest?.('[role=option]'));
            if (at >= 0 && at !== this.#active)
                this.#activate(at, false);
        });
        this.#root.firstChild.addEventListener('focusout', event => {
            if (!this.#dialog && !this.#root.contains(event.relatedTarget))
                this.#hide();
        });
    }

    /* ---- keys ---- */

    #on_key(event) {
        /* While an input method composes, Enter, arrows and Escape are its own. 229 is how some
         * browsers say it of the key that ends a composition. */
        if (event.isComposing || event.keyCode === 229)
            return;
        const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
        if (step && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
            event.preventDefault();
            if (event.altKey && step < 0)
                return void (this.#dialog || this.#hide());
            if (this.#panel.hidden)
                this.#show();
            if (!event.altKey)
                this.#step(step);
        } else if (event.key === 'Enter') {
            event.preventDefault();
            this.#enter(event);
        } else if (event.key === 'Escape') {
            this.#escape(event);
        } else if (event.key === 'Tab' && !this.#dialog) {
            this.#hide();
        }
    }

    /* Behind the last option comes the text itself, then the first again. */
    #step(by) {
        const places = this.#options.length + 1;
        this.#activate((this.#active + 1 + by + places) % places - 1, true);
    }

    #enter(event) {
        const option = this.#options[this.#active];
        const query = this.value.trim();
        if (option)
            return this.#follow(option, event);
        if (!query)
            return undefined;
        const all = this.#page({q: query});
        if (all)
            return this.#select({query, hit: null, suggestion: null, url: all}) && this.#go(all, event);
        return this.#search(query); /* no page of results to go to: at once, without waiting */
    }

    #escape(event) {
        if (this.#dialog) {
            event.preventDefault();
            event.stopPropagation();
            this.close();
        } else if (this.is_open) {
            event.preventDefault();
            event.stopPropagation();
            this.#hide();
        } else if (this.value) {
            event.preventDefault();
            this.value = '';
            this.#hide();
        }
    }

    /* The dialog makes the rest of the page inert; this keeps Tab from leaving for the browser. */
    #keep_inside(event) {
        if (event.key === 'Escape' && !event.defaultPrevented && !event.isComposing && event.keyCode !== 229)
            return this.#escape(event);
        if (event.key !== 'Tab')
            return undefined;
        const stops = [...this.#dialog.querySelectorAll('input, button:not([hidden])')];
        const at = stops.indexOf(this.#root.activeElement);
        event.preventDefault();
        stops[(at + (event.shiftKey ? -1 : 1) + stops.length) % stops.length].focus();
        return undefined;
    }

    #follow(option, event) {
        option.dispatchEvent(new MouseEvent('click', {
            bubbles: true, cancelable: true, composed: true,
            ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey,
        }));
    }

    #go(url, event) {
        if (event.ctrlKey || event.metaKey)
            window.open(url, '_blank', 'noopener');
        else
            location.assign(url);
    }

    /* Tells the page; false when it wants to do something else instead of following the link. */
    #select(detail) {
        if (this.hasAttribute('recent') && detail.query)
            recent.add(this.endpoint, detail.query);
        return this.dispatchEvent(new CustomEvent('aq-select',
            {bubbles: true, composed: true, cancelable: true, detail}));
    }

    /* ---- searching ---- */

    #on_input() {
        const query = this.value.trim();
        this.#clear.hidden = !this.value;
        clearTimeout(this.#timers.debounce);
        if (!query) {
            this.#stop();
            this.#answer = this.#trouble = null;
            this.#show();
        } else {
            this.#timers.debounce = setTimeout(() => this.#search(query), DEBOUNCE);
        }
    }

    #on_online = () => {
        if (this.#trouble && this.value.trim())
            this.#search(this.value.trim());
    };

    #stop() {
        for (const name of Object.keys(this.#timers))
            clearTimeout(this.#timers[name]);
        this.#server.stop();
    }

    async #search(query) {
        this.#stop();
        this.#list.setAttribute('aria-busy', 'true');
        this.#timers.skeleton = setTimeout(() => this.#wait(), SKELETON);
        let answer = null, trouble = null;
        try {
            answer = await this.#server.answer(...this.#addresses(query));
        } catch (error) {
            trouble = error;
        }
        if (!answer && !trouble)
            return; /* something newer is under way */
        clearTimeout(this.#timers.skeleton);
        this.#answer = answer;
        this.#trouble = trouble;
        this.#answered = query;
        if (this.is_open || this.#root.activeElement === this.#input)
            this.#show();
        if (answer)
            this.dispatchEvent(new CustomEvent('aq-search', {bubbles: true, composed: true,
                detail: {query, hits: answer.search.hits, totals: answer.search.totals}}));
    }

    #addresses(query) {
        const search = new URL('search', this.endpoint), suggest = new URL('suggest', this.endpoint);
        search.search = new URLSearchParams({q: query, limit: this.getAttribute('limit') || '8'});
        for (const name of ['group', 'thread', 'author', 'after', 'before'])
            if (this.getAttribute(name))
                search.searchParams.set(name, this.getAttribute(name));
        suggest.search = new URLSearchParams({q: query, limit: '10'});
        return [search.href, suggest.href];
    }

    /* An address on the search page, or null where there is none. */
    #page(parameters) {
        const page = this.getAttribute('page');
        if (page === 'none')
            return null;
        const url = new URL(safe(page || this.endpoint, document.baseURI) ?? this.endpoint);
        for (const name of parameters.q === undefined ? [] : ['thread', 'author', 'after', 'before'])
            if (this.getAttribute(name))
                url.searchParams.set(name, this.getAttribute(name));
        for (const [name, value] of Object.entries(parameters))
            url.searchParams.set(name, value);
        return url.href;
    }

    /* ---- showing ---- */

    #hide() {
        this.#panel.hidden = true;
        this.#input.setAttribute('aria-expanded', 'false');
        this.#activate(-1, false);
        clearTimeout(this.#timers.announce);
    }

    #show() {
        this.#options = [];
        this.#list.removeAttribute('aria-busy');
        this.#list.classList.remove('stale');
        const query = this.value.trim();
        const parts = this.#trouble ? this.#show_trouble()
            : this.#answer ? this.#show_answer()
            : query ? [] : this.#show_recent();
        this.#list.replaceChildren(...parts.filter(Boolean));
        this.#options.forEach((option, i) => {
            option.id = 'option-' + i;
            option.setAttribute('aria-selected', 'false');
        });
        this.#activate(-1, false);
        this.#panel.hidden = !parts.length;
        this.#input.setAttribute('aria-expanded', String(this.#options.length > 0 && !this.#panel.hidden));
    }

    #activate(at, scroll) {
        this.#options[this.#active]?.setAttribute('aria-selected', 'false');
        this.#active = at;
        const option = this.#options[at];
        if (!option)
            return void this.#input.removeAttribute('aria-activedescendant');
        option.setAttribute('aria-selected', 'true');
        this.#input.setAttribute('aria-activedescendant', option.id);
        if (scroll)
            option.scrollIntoView({block: 'nearest'});
        return undefined;
    }

    #announce(text) {
        clearTimeout(this.#timers.announce);
        this.#timers.announce = setTimeout(() => {
            this.#status.textContent = text;
        }, ANNOUNCE);
    }

    /* Nothing came yet: what stands there fades, or bones of results to be. */
    #wait() {
        if (this.#options.length && !this.#panel.hidden) {
            this.#list.classList.add('stale');
            return;
        }
        this.#list.replaceChildren(...Array.from({length: 9}, () => make('div', {class: 'bone', part: 'skeleton'})));
        this.#panel.hidden = false;
    }

    #option(attributes, url, act, ...children) {
        const option = make(url ? 'a' : 'div', {role: 'option', part: 'option', tabindex: '-1', href: url,
            target: url ? this.getAttribute('target') : null, rel: url ? 'noopener' : null, ...attributes}, ...children);
        option.addEventListener('click', event => {
            if (!act())
                event.preventDefault();
            else if (this.#dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey)
                this.close();
        });
        this.#options.push(option);
        return option;
    }

    #say(title, text) {
        this.#announce(text ? `${title}. ${text}` : title);
        return make('div', {class: 'say', part: 'message', role: 'presentation'},
            make('b', {dir: 'auto'}, title), text || '');
    }

    #show_trouble() {
        const {text} = this.#speech;
        const kind = this.#trouble.kind;
        const more = kind === 'offline' ? text.back : this.#trouble.kind === 'failed' ? this.#trouble.message : '';
        return [this.#say(text[kind], /^\w*Error/.test(more) ? '' : more),
            this.#option({class: 'all row'}, null, () => void this.#search(this.value.trim()),
                icon(ARROW), make('span', {}, text.again))];
    }

    #show_recent() {
        const list = this.hasAttribute('recent') ? recent.read(this.endpoint) : [];
        if (!list.length)
            return [];
        const {text} = this.#speech;
        const take = query => () => {
            this.value = query;
            this.#search(query);
            return false;
        };
        return [
            make('div', {class: 'label', role: 'presentation'}, text.recent),
            ...list.map(query => this.#option({class: 'row'}, null, take(query), icon(CLOCK),
                make('span', {dir: 'auto'}, query))),
            this.#option({class: 'row'}, null, () => {
                recent.forget(this.endpoint);
                this.#show();
                return false;
            }, icon(CROSS), make('span', {class: 'meta'}, text.forget)),
        ];
    }

    #show_answer() {
        const {search, suggestions} = this.#answer;
        const speech = this.#speech, query = this.#answered;
        /* What the results say anyway is no suggestion. */
        const found = new Set(search.hits.map(hit => hit.thread));
        const parts = suggestions.filter(item => item.text !== query && !found.has(item.thread ?? 0))
            .slice(0, 3).map(item => this.#suggestion(item, query));
        if (search.suggestion && !suggestions.some(item => item.text === search.suggestion))
            parts.push(this.#suggestion({kind: 'word', text: search.suggestion}, query));
        if (!search.hits.length)
            return [...parts, this.#say(speech.about('none', query), speech.text.tip)];
        /* Hits of a thread stand together, where the best of them would. */
        const threads = new Map();
        for (const hit of search.hits) {
            const key = hit.thread ?? 'comment ' + hit.id;
            threads.set(key, [...threads.get(key) ?? [], hit]);
        }
        for (const hits of threads.values())
            parts.push(make('div', {role: 'group', part: 'thread', 'aria-label': hits[0].title || hits[0].author || hits[0].id},
                ...hits.map((hit, i) => this.#hit(hit, i > 0, query))));
        const {groups, at_least} = search.totals;
        const all = this.#page({q: query});
        if (all)
            parts.push(this.#option({class: 'all row', part: 'option all'}, all,
                () => this.#select({query, hit: null, suggestion: null, url: all}),
                icon(ARROW), make('span', {dir: 'auto'}, speech.about('all', query)),
                make('span', {class: 'meta'}, speech.numbers.format(groups) + (at_least ? '+' : ''))));
        this.#announce(speech.count('count', groups, at_least));
        return parts;
    }

    /* A word or an author is searched for; a title leads to its thread. */
    #suggestion(item, query) {
        const read = item.kind === 'title' && item.thread ? this.#page({read: item.thread, whole: '1'}) : null;
        const text = item.kind === 'title' && item.thread ? `thread:"${item.thread}"`
            : item.kind === 'author' && !/^\S*author:/i.test(item.text) ? `author:"${item.text}"` : item.text;
        return this.#option({class: 'row', part: 'option suggestion'}, read, () => {
            const goes = this.#select({query, hit: null, suggestion: item, url: read});
            if (goes && !read) {
                this.value = text;
                this.#search(text);
            }
            return goes && read;
        }, icon(item.kind === 'author' ? FACE : item.kind === 'title' ? TALK : LENS),
        make('span', {dir: 'auto'}, item.text),
        item.kind === 'author' ? make('span', {class: 'meta'}, this.#speech.text.by) : '');
    }

    #hit(hit, further, query) {
        const speech = this.#speech;
        /* An address, or a path of the server's host; nothing else that a corpus calls a URL. */
        const named = /^(https?:\/\/|\/(?![/\\]))/i.test(hit.url ?? '') ? safe(hit.url, this.endpoint) : null;
        const url = named ?? this.#page({read: hit.id});
        const [begin, end] = hit.snippet ?? [0, hit.passage.length];
        const meta = [hit.author, hit.date && speech.date(hit.date),
            hit.points !== null && hit.points !== undefined && speech.count('points', hit.points),
            hit.quoted_by && speech.count('quoted', hit.quoted_by)].filter(Boolean);
        const line = make('span', {class: 'meta', part: 'meta'});
        meta.forEach((item, i) => line.append(i ? ' · ' : '', make('bdi', {}, item)));
        const title = further ? null : hit.title || null;
        return this.#option({class: (further ? 'next ' : '') + (hit.quote ? 'quote' : '')}, url,
            () => this.#select({query, hit, suggestion: null, url}) && url,
            title ? make('span', {class: 'title', part: 'title', dir: 'auto'}, marked(title, hit.title_ranges)) : '',
            make('span', {class: 'snippet', part: 'snippet', dir: 'auto'}, begin > 0 ? '… ' : '',
                marked(hit.passage, hit.ranges, begin, end), end < hit.passage.length ? ' …' : ''),
            line);
    }
}

if (!customElements.get('aq-search'))
    customElements.define('aq-search', AqSearch);
})();
