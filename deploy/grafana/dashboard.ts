/** The dashboard as Grafana reads it: `node deploy/write.ts` puts it into `dashboards/`. */
import { buildDashboard } from './build.ts'
import { BOARD } from './panels.ts'

export const dashboard = () => buildDashboard(BOARD)
