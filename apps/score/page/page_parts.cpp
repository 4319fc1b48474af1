#include "apps/score/page/page_parts.h"

#include <array>

#include "apps/common/legend.h"

namespace ppl::score {
namespace {

constexpr std::array kShown{apps::kFound, apps::kMissed, apps::kFalse};

const char* const kStyle = R"(
:root { --other: #4f7cac; --ink: #1c2330; --faint: #5b6575;
  --paper: #f6f7f9; --card: #fff; --edge: #dfe3ea; --head: #eef1f5; --chosen: #dce6f2; color-scheme: light dark; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --faint: #9aa4b5; --paper: #14171d; --card: #1d222b;
  --edge: #343b48; --head: #262c37; --chosen: #2c3a4d; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 24px; color: var(--ink); background: var(--paper); }
h1 { font-size: 22px; } h2 { font-size: 18px; }
.facts { color: var(--faint); margin: -8px 0 16px; overflow-wrap: anywhere; } .facts b { font-weight: 600; }
.top { display: flex; flex-wrap: wrap; gap: 24px; align-items: flex-start; }
table { border-collapse: collapse; background: var(--card); }
th, td { padding: 4px 12px; border: 1px solid var(--edge); text-align: right; }
th:first-child, td:first-child { text-align: left; }
.tiles th { cursor: pointer; user-select: none; background: var(--head); white-space: nowrap; }
.tiles th[data-down="1"]::after { content: " \25b2"; } .tiles th[data-down="0"]::after { content: " \25bc"; }
.histogram { width: 420px; background: var(--card); border: 1px solid var(--edge); }
.histogram rect { fill: #4f7cac; }
.histogram text { font-size: 11px; text-anchor: middle; fill: var(--ink); }
.switches { margin: 18px 0; display: flex; flex-wrap: wrap; gap: 18px; align-items: center; }
.key { display: inline-block; width: 14px; height: 14px; border-radius: 3px; margin-right: 5px; vertical-align: -2px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 16px; }
.card { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 6px; padding: 8px; }
a { color: inherit; }
.card.worst figcaption b::before { content: "worst "; font-weight: normal; color: var(--faint); }
.card.best figcaption b::before { content: "best "; font-weight: normal; color: var(--faint); }
.card svg { width: 100%; display: block; background: #2b303b; }
.area { fill-rule: evenodd; fill-opacity: .55; stroke-width: calc(var(--stroke) * .3); }
.line { fill: none; stroke-width: var(--stroke); stroke-linecap: round; stroke-linejoin: round; }
.found { stroke: var(--found); } .area.found { fill: var(--found); }
.missed { stroke: var(--missed); } .area.missed { fill: var(--missed); }
.false { stroke: var(--false); } .area.false { fill: var(--false); }
.other { stroke: var(--other); } .area.other { fill: none; }
.line.truth.found { stroke-width: calc(var(--stroke) * 2.2); stroke-opacity: .55; }
.route { display: none; stroke: #fff; stroke-width: calc(var(--stroke) * .6); filter: drop-shadow(0 0 1px #000); }
.route.chosen { display: inline; }
.routes { margin-top: 8px; font-size: 13px; width: 100%; } .routes caption { text-align: left; color: var(--faint); }
.routes th, .routes td { padding: 3px 5px; } .routes td:first-child { white-space: nowrap; }
.routes tr[data-route] { cursor: pointer; } .routes tr.chosen td { background: var(--chosen); }
.no-image image, .no-truth .truth, .no-prediction .prediction { display: none; }
.note { color: var(--faint); margin: 4px 0; }
)";

const char* const kScript = R"(
document.querySelectorAll('.switches input').forEach(function (box) {
  box.addEventListener('change', function () {
    document.body.classList.toggle('no-' + box.value, !box.checked);
  });
});
var body = document.querySelector('#tiles tbody'), rows = Array.from(body.rows), part = 0, most = 100;
var names = document.querySelector('#pager input'), turns = document.querySelectorAll('#pager button');
function show() {
  var word = names.value.toLowerCase(), found = rows.filter(function (row) {
    return row.cells[0].textContent.toLowerCase().includes(word);
  });
  part = Math.max(0, Math.min(part, Math.ceil(found.length / most) - 1));
  var end = Math.min(found.length, (part + 1) * most);
  body.replaceChildren.apply(body, found.slice(part * most, end));
  document.querySelector('#pager span').textContent =
      (found.length ? part * most + 1 : 0) + ' to ' + end + ' of ' + found.length;
  turns[0].disabled = part === 0;
  turns[1].disabled = end === found.length;
}
turns.forEach(function (button, second) {
  button.addEventListener('click', function () { part += second ? 1 : -1; show(); });
});
names.addEventListener('input', function () { part = 0; show(); });
document.getElementById('pager').hidden = rows.length <= most;
show();
document.querySelectorAll('#tiles th').forEach(function (head, column) {
  head.addEventListener('click', function () {
    var down = head.dataset.down === '1';
    document.querySelectorAll('#tiles th').forEach(function (h) { delete h.dataset.down; });
    head.dataset.down = down ? '0' : '1';
    var sign = down ? -1 : 1, text = head.hasAttribute('data-text');
    rows.sort(function (a, b) {
      var x = a.cells[column].textContent, y = b.cells[column].textContent;
      if (text) return sign * x.localeCompare(y, undefined, { numeric: true });
      x = parseFloat(x); y = parseFloat(y);
      return sign * ((isNaN(x) ? -1 : x) - (isNaN(y) ? -1 : y));
    });
    part = 0;
    show();
  });
});
document.querySelectorAll('.routes tr[data-route]').forEach(function (row) {
  row.addEventListener('click', function () {
    var card = row.closest('.card'), again = row.classList.contains('chosen');
    card.querySelectorAll('.chosen').forEach(function (one) { one.classList.remove('chosen'); });
    if (again) return;
    card.querySelectorAll('[data-route="' + row.dataset.route + '"]').forEach(function (one) {
      one.classList.add('chosen');
    });
  });
});
document.getElementById('order').addEventListener('change', function () {
  var sign = this.value === 'best' ? -1 : 1, cards = document.getElementById('cards');
  Array.from(cards.children).sort(function (a, b) {
    return sign * (a.dataset.score - b.dataset.score);
  }).forEach(function (card) { cards.appendChild(card); });
});
)";

std::string colours() {
  std::string text = ":root {";
  for (const apps::LegendEntry& e : kShown) text += std::string(" --") + e.word + ": " + css(e.colour) + ";";
  return text + " }";
}

}  // namespace

std::string page_head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
         "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
         "<meta name=\"viewport\" content=\"width=device-width\">\n<title>" +
         title + "</title>\n<style>" + colours() + kStyle + "</style></head><body>\n";
}

std::string page_switches() {
  std::string text = "<div class=\"switches\">\n";
  for (const apps::LegendEntry& e : kShown) {
    text += std::string("<span><span class=\"key\" style=\"background:var(--") + e.word + ")\"></span>" + e.word +
            "</span>\n";
  }
  for (const char* what : {"image", "truth", "prediction"}) {
    text += std::string("<label><input type=\"checkbox\" checked value=\"") + what + "\"> " + what + "</label>\n";
  }
  return text +
         "<label>first <select id=\"order\"><option value=\"worst\">worst</option>"
         "<option value=\"best\">best</option></select></label>\n</div>\n";
}

std::string page_tail() { return std::string("<script>(function () {") + kScript + "})();</script>\n</body></html>\n"; }

}  // namespace ppl::score
