// Package hibernate has the rules on Hibernate: its cache of query plans and its sessions.
package hibernate
