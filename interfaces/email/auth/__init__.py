"""Who a message is from: SPF, DKIM, DMARC, ARC and iprev checked, as data; and messages signed by DKIM."""
