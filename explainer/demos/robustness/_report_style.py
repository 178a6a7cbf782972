"""Style of the report's page: light and dark by the reader's setting, always light on paper."""

STYLE = """
:root{--paper:#fcfbf9;--text:#1d1d1f;--muted:#595753;--line:#dedbd5;--accent:#0a638a;--on:#fff;--soft:#f1efea;
--s0:#0a638a;--s1:#b35900;--s2:#00775a;--s3:#93418a}
@media (prefers-color-scheme:dark){:root{--paper:#202225;--text:#ecebe8;--muted:#a9a7a3;--line:#3f4145;
--accent:#5cb6de;
--on:#0b1a21;--soft:#2a2c30;--s0:#5cb6de;--s1:#f0a04b;--s2:#4cc9a0;--s3:#d79bd0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:15px/1.5 Inter,system-ui,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1040px;margin:0 auto;padding:48px 28px 72px}
header{border-bottom:1px solid var(--line);padding-bottom:20px}
.over{margin:0;color:var(--accent);font-size:13px;font-weight:600}
h1{margin:2px 0 6px;font-size:34px;line-height:1.15;font-weight:650;letter-spacing:-.01em}
.lead{margin:0;color:var(--muted);font-size:17px;max-width:46em}
h2{margin:0 0 8px;font-size:19px;font-weight:650}
section{margin-top:40px}
section>p{margin:0 0 14px;color:var(--muted);max-width:56em}
ul{margin:0;padding-left:1.1em;max-width:56em}li{margin:5px 0}
.tiles{display:flex;flex-wrap:wrap;gap:28px 40px;margin-top:26px}
.tiles div{min-width:104px;max-width:170px}
.tiles b{white-space:nowrap;display:block;font-size:26px;font-weight:600;line-height:1.2}
.tiles span{color:var(--muted);font-size:13px;line-height:1.35;display:block}
.conclude{background:var(--soft);border-left:3px solid var(--accent);padding:18px 22px}
.trio{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:24px}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(400px,1fr));gap:24px 32px;align-items:start}
figure{margin:0}figcaption{font-size:13px;font-weight:600;margin-bottom:4px}
svg{width:100%;height:auto;display:block;overflow:visible}
.grid{stroke:var(--line);stroke-width:1}.tick{fill:var(--muted);font-size:10.5px}
.axis{fill:var(--muted);font-size:11px}
.line{fill:none;stroke-width:2;stroke-linejoin:round}.name{font-size:11.5px}
.line.s0{stroke:var(--s0)}.line.s1{stroke:var(--s1)}.line.s2{stroke:var(--s2)}.line.s3{stroke:var(--s3)}
.name.s0{fill:var(--s0)}.name.s1{fill:var(--s1)}.name.s2{fill:var(--s2)}.name.s3{fill:var(--s3)}
table{border-collapse:separate;border-spacing:2px;font-size:13px}
.pair .heat{justify-self:start;width:100%;max-width:560px}
caption{text-align:left;font-weight:600;padding-bottom:6px}
th{font-weight:400;text-align:left;color:var(--muted);padding:2px 10px 2px 0;white-space:nowrap}
thead th{text-align:center;padding:2px 4px;font-size:12px}
.heat td{min-width:40px;height:24px;padding:2px 6px;text-align:center;border-radius:2px;
background:color-mix(in srgb,var(--accent) var(--v,0%),var(--soft));print-color-adjust:exact;
-webkit-print-color-adjust:exact}
.heat td.deep{color:var(--on)}
.heat td.mean{border-left:3px solid var(--paper)}
.heat .sum td,.heat .sum th{font-weight:600}
.photos{width:100%}.photos td.t,.photos td.n,.photos td.thumb{background:none}
.photos td.t{text-align:left}.photos small{display:block;color:var(--muted)}
.thumb{width:96px}.thumb img{display:block;max-width:88px;max-height:64px;border-radius:2px}
.bars{width:100%;max-width:660px}.bars .track{width:60%}
.bar{display:block;height:9px;width:var(--v);min-width:2px;
background:var(--s0);border-radius:2px;margin:2px 0;
print-color-adjust:exact;-webkit-print-color-adjust:exact}.bar.b1{background:var(--s1)}
.n{text-align:right;white-space:nowrap}
.cases{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:24px}
.case div{
display:grid;grid-template-columns:1fr 1fr;gap:3px}.case img{width:100%;display:block;border-radius:2px}
.case figcaption{margin:6px 0 0;font-weight:400}.case b{display:block;font-weight:600}.case span{color:var(--muted)}
.method{color:var(--muted);font-size:13px;border-top:1px solid var(--line);padding-top:20px}
.method h2{color:var(--text)}
section,tr,figure{break-inside:avoid}section.wide,section.breaks{break-inside:auto}h2{break-after:avoid}
@media (max-width:520px){.pair{grid-template-columns:1fr}main{padding:28px 16px}}
@media print{:root{--paper:#fff;--text:#000;--muted:#444;--line:#ccc;--accent:#0a638a;--on:#fff;--soft:#f1efea;
--s0:#0a638a;--s1:#b35900;--s2:#00775a;--s3:#93418a}body{font-size:11pt}main{max-width:none;padding:0}
section{margin-top:22pt}.pair{grid-template-columns:1fr 1fr}
.trio{grid-template-columns:1fr 1fr 1fr}.cases{grid-template-columns:repeat(3,1fr)}}
@page{margin:16mm}
"""
