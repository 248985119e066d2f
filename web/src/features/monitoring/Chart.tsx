import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { MetricMark } from '../../api/types';

/** `color` names a variable of the theme: a canvas knows none by itself. */
export interface Line { label: string; values: (number | null)[]; color: string }

interface Props {
  label: string;
  /** The word for it. */
  time: string;
  times: number[];
  lines: Line[];
  marks: readonly MetricMark[];
  from: number;
  to: number;
  /** A figure as people read it. */
  text: (value: number) => string;
  /** The whole scale, where it is known: percent. */
  most?: number;
}

/** One chart: lines over time, and a stroke for each operation. Loaded when it is first shown. */
export default function Chart({ label, time, times, lines, marks, from, to, text, most }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(element);
    const ink = style.getPropertyValue('--mantine-color-dimmed') || style.color;
    const grid = { stroke: style.getPropertyValue('--mantine-color-default-border'), width: 1 };
    const font = `11px ${style.fontFamily}`;
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: 170,
        cursor: { y: false, sync: { key: 'monitoring' }, points: { size: 6 } },
        legend: { live: true },
        scales: { x: { time: true, range: [from, to] }, y: { range: (_, low, high) => [Math.min(0, low), most ?? Math.max(high * 1.1, low + 1e-9, 1e-9)] } },
        axes: [
          { stroke: ink, grid, ticks: grid, font },
          { stroke: ink, grid, ticks: grid, font, size: 68, values: (_, ticks) => ticks.map(text) },
        ],
        series: [
          { label: time, value: (_, at) => (at ? new Date(at * 1000).toLocaleString() : '–') },
          ...lines.map((line) => ({ label: line.label, stroke: style.getPropertyValue(line.color) || ink, width: 1.5, spanGaps: true, points: { show: false }, value: (_: uPlot, value: number | null) => (value === null || value === undefined ? '–' : text(value)) })),
        ],
        hooks: { draw: [(drawn) => drawMarks(drawn, marks, ink)] },
      },
      [times, ...lines.map((line) => line.values)] as uPlot.AlignedData,
      element,
    );
    const watch = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: 170 }));
    watch.observe(element);
    return () => { watch.disconnect(); plot.destroy(); };
  }, [time, times, lines, marks, from, to, text, most]);
  return <div ref={box} role="img" aria-label={label} style={{ minHeight: 200 }} />;
}

function drawMarks(plot: uPlot, marks: readonly MetricMark[], ink: string) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = ink;
  ctx.setLineDash([3, 3]);
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(Date.parse(mark.at) / 1000, 'x', true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}
