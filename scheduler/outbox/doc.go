// Package outbox is the only room that sends: it carries out the jobs of the kinds "send" (one message to one fan) and
// "broadcast" (a mass send to an audience), within the platform's windows and quotas, and settles what became of them.
//
// A send goes in three steps. One Change on the fan's revision takes what the message costs (a place in a customer-service
// window, one of the day's quota) and marks the send InFlight. The platform is called. A blind Change ends the job and settles
// the send. A send that is found InFlight at the start was interrupted between the steps; policy.go says what may be called
// again then and what ends uncertain.
package outbox
