export { freePorts } from '../../services/host-agent/src/testing/free-ports.ts'
