// The report page: sorting, search and unfolding for tables that are already there, and charts.
// Everything here is optional; the page reads without it.
"use strict";
(() => {
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const FIRST_ROWS = 50; // HTML_FIRST_ROWS
document.documentElement.classList.add("js");

/* What is packed: base64 of a zlib stream. */

async function unpack(id) {
	const element = document.getElementById(id);
	if (!element)
		return "";
	const bytes = Uint8Array.from(atob(element.textContent), c => c.charCodeAt(0));
	const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
	return new Response(stream).text();
}

/* Tables. Rows after the first fifty are packed until they are asked for; rows out of sight live
 * in a hidden tbody, which costs no layout. */

function textOf(row) {
	const cell = row.cells[0];
	return (cell.tagName === "TD" ? row : cell).textContent.toLowerCase();
}

function makeTable(table) {
	const shown = table.tBodies[0];
	const rest = table.createTBody();
	const packed = document.getElementById(table.id + "-rest") !== null;
	rest.hidden = true;
	return {
		table, rows: [...shown.rows], texts: null, needle: "", outcome: "", all: !packed,
		whole: !packed,
		/* True when every row is there; otherwise they are fetched, and then something is done. */
		load(then) {
			if (this.whole) {
				this.texts ||= new Map(this.rows.map(row => [row, textOf(row)]));
				return true;
			}
			this.loading ||= unpack(table.id + "-rest").then(html => {
				rest.innerHTML = html;
				this.rows.push(...rest.rows);
				this.whole = true;
			}, () => this.onTrouble && this.onTrouble());
			this.loading.then(() => this.whole && then());
			return false;
		},
		show() {
			if (!this.load(() => this.show()))
				return;
			const wanted = (this.sorted || this.rows).filter(row =>
				(!this.needle || this.texts.get(row).includes(this.needle)) &&
				(!this.outcome || row.dataset.outcome === this.outcome));
			const visible = this.all ? wanted : wanted.slice(0, FIRST_ROWS);
			const inSight = new Set(visible);
			$$("tr.detail", table).forEach(fold);
			rest.append(...this.rows.filter(row => !inSight.has(row)));
			shown.append(...visible);
			if (this.onCount)
				this.onCount(visible.length, wanted.length);
		},
	};
}

function valueOf(row, column) {
	const cell = row.cells[column];
	const value = cell.dataset.v;
	return value === undefined ? (cell.matches("th, .sql") || isNaN(parseFloat(cell.textContent))
		? cell.textContent.trim().toLowerCase() : NaN) : +value;
}

function compare(a, b) {
	if (typeof a === "number" && typeof b === "number")
		return a - b;
	return String(a).localeCompare(String(b));
}

function sortBy(state, column, descending) {
	if (!state.load(() => sortBy(state, column, descending)))
		return;
	const keyed = state.rows.map((row, i) => [valueOf(row, column), i, row]);
	const unknown = key => Number.isNaN(key) || key === "–" || key === "";
	keyed.sort((x, y) => (unknown(x[0]) - unknown(y[0])) ||
		(unknown(x[0]) ? 0 : (descending ? -1 : 1) * compare(x[0], y[0])) || x[1] - y[1]);
	state.sorted = keyed.map(entry => entry[2]);
	state.show();
}

function makeSortable(state) {
	const heads = $$("thead th", state.table);
	heads.forEach((head, column) => {
		const button = document.createElement("button");
		button.type = "button";
		button.append(...head.childNodes);
		head.append(button);
		button.addEventListener("click", () => {
			const descending = head.getAttribute("aria-sort") !== "descending";
			heads.forEach(other => other.removeAttribute("aria-sort"));
			head.setAttribute("aria-sort", descending ? "descending" : "ascending");
			sortBy(state, column, descending);
		});
	});
}

function addButton(tools, text, onClick) {
	const button = document.createElement("button");
	button.type = "button";
	button.textContent = text;
	button.addEventListener("click", () => onClick(button));
	tools.append(button);
	return button;
}

function addOutcomes(tools, state) {
	const buttons = [["", "all"], ["fail", "fail"], ["inconclusive", "inconclusive"], ["pass", "pass"]]
		.map(([outcome, text]) => addButton(tools, text, button => {
			buttons.forEach(other => other.setAttribute("aria-pressed", other === button));
			state.outcome = outcome;
			state.show();
		}));
	buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === 0));
}

function makeTools(tools, state) {
	const search = document.createElement("input");
	search.type = "search";
	search.placeholder = "Search";
	search.setAttribute("aria-label", "Search in this table");
	search.addEventListener("input", () => {
		state.needle = search.value.trim().toLowerCase();
		state.show();
	});
	tools.append(search);
	if ("outcomes" in tools.dataset)
		addOutcomes(tools, state);
	const count = document.createElement("span");
	count.className = "count";
	const more = addButton(tools, "show all", () => {
		state.all = true;
		state.show();
	});
	tools.append(count);
	const total = +tools.dataset.count;
	state.onCount = (visible, wanted) => {
		count.textContent = visible < wanted ? `${visible} of ${wanted}`
			: wanted < total ? `${wanted} of ${total}` : `${wanted}`;
		more.hidden = visible >= wanted;
	};
	state.onTrouble = () => {
		count.textContent = `${state.rows.length} of ${total}; the others need a newer browser, or run.json`;
	};
	state.onCount(state.rows.length, total);
}

function fold(detail) {
	const button = $(".open", detail.previousElementSibling);
	if (button)
		button.setAttribute("aria-expanded", "false");
	detail.remove();
}

let packedDetails = null;

async function detailOf(number) {
	const element = document.getElementById("detail-" + number);
	if (element)
		return element.textContent;
	packedDetails ||= unpack("details-rest").then(text => text.split("\f"));
	return (await packedDetails)[number - FIRST_ROWS];
}

async function unfold(button) {
	const row = button.closest("tr");
	const next = row.nextElementSibling;
	if (next && next.classList.contains("detail"))
		return fold(next);
	const html = await detailOf(+button.dataset.detail);
	if (html === undefined || button.getAttribute("aria-expanded") === "true")
		return;
	const detail = document.createElement("tr");
	detail.className = "detail";
	detail.insertCell().colSpan = row.cells.length;
	detail.cells[0].innerHTML = html;
	row.after(detail);
	button.setAttribute("aria-expanded", "true");
}

const states = new Map();
$$("table.sortable, table.cards").forEach(table => {
	const state = makeTable(table);
	states.set(table.id, state);
	if (table.classList.contains("sortable"))
		makeSortable(state);
});
$$(".tools").forEach(tools => makeTools(tools, states.get(tools.dataset.for)));
document.addEventListener("click", event => {
	const button = event.target.closest(".open");
	if (button)
		unfold(button);
});

/* Charts. */

let data = null;
const charts = new Map();
const colour = name => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();

function duration(seconds) {
	if (seconds == null)
		return "–";
	const units = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
	const [size, unit] = units.find(([size]) => seconds >= size * 0.9995) || units[3];
	return `${+(seconds / size).toPrecision(3)} ${unit}`;
}

function line(label, stroke, format, extra = {}) {
	return {label, stroke: colour(stroke), width: 2, points: {show: false},
		value: (_, v) => v == null ? "–" : format(v), ...extra};
}

const decades = (_, splits) => splits.map(v => Math.abs(Math.log10(v) % 1) < 1e-6 ||
	Math.abs(Math.log10(v) % 1) > 1 - 1e-6 ? v : null);

function axis(values, {filter = (_, splits) => splits, ...extra} = {}) {
	return {stroke: colour("muted"), grid: {stroke: colour("line"), width: 1, filter},
		ticks: {stroke: colour("line"), width: 1, filter}, font: "12px system-ui, sans-serif", values,
		...extra};
}

function draw(id, columns, options) {
	const box = document.getElementById(id);
	if (charts.has(id))
		charts.get(id).destroy();
	charts.delete(id);
	box.replaceChildren();
	if (columns.slice(1).every(column => column.every(value => value == null))) {
		box.textContent = "Nothing was recorded.";
		return;
	}
	const chart = new uPlot({width: box.clientWidth - 14, height: 300, ...options}, columns, box);
	charts.set(id, chart);
}

const percent = nines => {
	const q = 100 * (1 - Math.pow(10, -nines));
	return `${+q.toFixed(nines > 2 ? Math.ceil(nines) - 1 : 1)}%`;
};

function drawDistribution() {
	const which = data.distributions[$("#which").value || 0];
	const series = which[$("#clock").value];
	const last = Math.max(2, data.nines.findLastIndex((_, i) =>
		series.baseline[i] != null || series.candidate[i] != null));
	const cut = column => column.slice(0, last + 1);
	draw("chart-distribution", [cut(data.nines), cut(series.baseline), cut(series.candidate)], {
		scales: {x: {time: false}, y: {distr: 3}},
		axes: [
			axis((_, splits) => splits.map(percent), {splits: (u, i, min, max) =>
				[0, 1, 2, 3, 4, 5, 6].filter(x => x >= min && x <= max)}),
			axis((_, splits) => splits.map(v => v == null ? "" : duration(v)), {size: 70, filter: decades}),
		],
		series: [{label: "at or below", value: (_, v) => v == null ? "–" : percent(v)},
			line("baseline", "baseline", duration), line("candidate", "candidate", duration)],
	});
}

/* The warm-up, which is not judged, stands on a darker ground. */
function shadeWarmup(u) {
	const from = u.valToPos(u.scales.x.min, "x", true);
	const to = u.valToPos(Math.min(data.warmup_s || 0, u.scales.x.max), "x", true);
	if (to <= from)
		return;
	u.ctx.fillStyle = colour("soft");
	u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
}

function timeChart(id, lines, format, scale) {
	const seconds = [data.slices.baseline, data.slices.candidate].map(arm => arm.start_s)
		.find(column => column.length) || [];
	draw(id, [seconds, ...lines.map(one => one.values(seconds))], {
		scales: {x: {time: false}, y: scale},
		axes: [axis((_, splits) => splits.map(v => `${v} s`)),
			axis((_, splits) => splits.map(v => v == null ? "" : format(v)),
				{size: 70, ...(scale.distr === 3 ? {filter: decades} : {})})],
		series: [{label: "second", value: (_, v) => v == null ? "–" : `${v} s`},
			...lines.map(one => line(one.label, one.colour, format, one.extra))],
		hooks: {drawClear: [shadeWarmup]},
	});
}

function linesOf(columns) {
	return ["baseline", "candidate"].flatMap(arm => columns.map(([column, label, extra]) =>
		({label: `${arm} ${label}`, colour: arm, extra, values: () => data.slices[arm][column]})));
}

const dashed = {dash: [6, 4], width: 1.5};
const drawings = [
	drawDistribution,
	() => timeChart("chart-time", linesOf([["p50", "p50"], ["p99", "p99", dashed]]), duration, {distr: 3}),
	() => timeChart("chart-rate", [...linesOf([["ok", "answered"], ["errors", "failed", dashed]]),
		{label: "offered", colour: "muted", extra: {dash: [2, 4], width: 1},
			values: seconds => seconds.map(() => data.offered_rate)}],
		v => `${+v.toPrecision(4)}/s`, {range: (u, min, max) => [0, Math.max(1, max * 1.1)]}),
	() => timeChart("chart-lag", linesOf([["lag_p99", "p99"], ["lag_max", "longest", dashed]]), duration,
		{distr: 3}),
];

function drawAll() {
	drawings.forEach(drawing => drawing());
}

function fillSelect() {
	const select = $("#which");
	data.distributions.forEach((one, i) => {
		const option = document.createElement("option");
		option.value = i;
		option.textContent = one.name.length > 60 ? one.name.slice(0, 60) + "…" : one.name;
		select.append(option);
	});
	select.addEventListener("change", drawDistribution);
	$("#clock").addEventListener("change", drawDistribution);
}

function watch() {
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
	matchMedia("print").addEventListener("change", drawAll);
	const observer = new ResizeObserver(entries => entries.forEach(({target}) => {
		const chart = charts.get(target.id);
		if (chart && Math.abs(chart.width - (target.clientWidth - 14)) > 1)
			chart.setSize({width: target.clientWidth - 14, height: 300});
	}));
	$$(".chart").forEach(box => observer.observe(box));
}

/* The page can be read before its charts are there: they follow when the browser has time, one by
 * one, or at once where somebody prints. */
function start() {
	if (data)
		return;
	data = JSON.parse($("#data").textContent);
	fillSelect();
	const waiting = [...drawings, watch];
	const idle = callback => window.requestIdleCallback ? requestIdleCallback(callback, {timeout: 300})
		: setTimeout(callback, 1);
	const next = () => {
		const step = waiting.shift();
		if (step) {
			step();
			idle(next);
		}
	};
	idle(next);
	addEventListener("beforeprint", () => waiting.splice(0).forEach(step => step()));
}

if (typeof uPlot !== "undefined")
	addEventListener("load", () => setTimeout(start, 0));
})();
