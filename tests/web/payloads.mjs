/* payloads.mjs - two hundred texts that are markup or script where something forgets to escape
 * them: ways to run fault() put behind ways to get out of a place. */

const OUT_OF = ['', '">', "'>", '</title>', '</textarea></script>', '--><svg>', '</a></bdi></mark>', '\u202e]]>'];
const RUN = [
    '<script>fault("x")</script>', '<img src=x onerror=fault("x")>', '<svg onload=fault("x")>', '<svg><script>fault("x")</script></svg>',
    '<body onload=fault("x")>', '<input autofocus onfocus=fault("x")>', '<details open ontoggle=fault("x")>',
    '<iframe srcdoc="<script>parent.fault(1)</script>"></iframe>', '<a href="javascript:fault(1)">payload</a>',
    '<math><mtext><img src=x onerror=fault("x")></mtext></math>', '<video><source onerror=fault("x")></video>',
    '<marquee onstart=fault("x")>', '<object data="javascript:fault(1)">', '<base href="//evil.example/">',
    '<meta http-equiv="refresh" content="0;url=javascript:fault(1)">', '<link rel=stylesheet href="//evil.example/x.css">',
    '<style>*{background:url(//evil.example/)}</style>', '" onmouseover="fault(1)" x="', "' onfocus='fault(1)' autofocus='",
    '<form action="javascript:fault(1)"><button>payload</button></form>', '<template><script>fault(1)</script></template>',
    '&lt;script&gt;fault(1)&lt;/script&gt;', '<scr\u0000ipt>fault(1)</scr\u0000ipt>', '<x style="x:expression(fault(1))">',
    '{{constructor.constructor("fault(1)")()}}${fault(1)}',
];

export const payloads = OUT_OF.flatMap(out => RUN.map(run => out + run));

const URLS = ['javascript:fault(1)', 'JaVaScRiPt:fault(1)', ' javascript:fault(1)', 'java\nscript:fault(1)', 'data:text/html,<script>fault(1)</script>',
    'vbscript:fault(1)', '//evil.example/', 'https://forum.example.org/"onmouseover="fault(1)', '\\\\evil.example\\x', 'https://forum.example.org/ok'];

export function hostile_records() {
    return payloads.map((text, i) => ({
        id: i % 3 ? `hostile-${i}` : `hostile-${i}${text}`, thread: `thread ${i % 40} ${text}`, author: `author ${text}`,
        title: `hostile ${text}`, url: URLS[i % URLS.length], tags: [text], date: `20${String(10 + i % 15)}-03-04T05:06:07Z`, score: i,
        text: `hostile payload number ${i} ${text} and more words behind it`,
    }));
}
