// An SMSC made with the npm package smpp: smsc.js MODULES. Prints its port, then a JSON line for all that it gets.
const smpp = require(process.argv[2] + "/smpp");
const tell = (what) => console.log(JSON.stringify(what));
const server = smpp.createServer((session) => {
  session.on("error", () => {});
  const bind = (pdu) => {
    const good = pdu.password === "secret";
    session.send(pdu.response(good ? { system_id: "node" } : { command_status: smpp.ESME_RINVPASWD }));
    if (!good) return session.close();
    tell({ bound: pdu.command, version: pdu.interface_version });
    const numbers = { source_addr: "41790000001", source_addr_ton: 1, destination_addr: "41445556677", dest_addr_ton: 1 };
    const answered = (name) => (answer) => tell({ answered: name, status: answer.command_status });
    session.deliver_sm({ ...numbers, data_coding: 0, short_message: "plain \u00e4 \u20ac" }, answered("plain"));
    session.deliver_sm({ ...numbers, data_coding: 8, short_message: "\u65e5 \ud83d\ude00" }, answered("ucs2"));
    session.deliver_sm({ ...numbers, message_payload: "x".repeat(400) }, answered("payload"));
    session.data_sm({ ...numbers, message_payload: "data" }, answered("data"));
    session.enquire_link({}, answered("link"));
  };
  session.on("bind_transceiver", bind);
  let next = 0xabc;
  session.on("submit_sm", (pdu) => {
    const id = (next++).toString(16);
    tell({ submitted: pdu.short_message, validity: pdu.validity_period, to: pdu.destination_addr, ton: pdu.dest_addr_ton });
    session.send(pdu.response({ message_id: id }));
    if (!pdu.registered_delivery) return;
    session.deliver_sm({
      source_addr: pdu.destination_addr, source_addr_ton: 1, destination_addr: pdu.source_addr, dest_addr_ton: 1,
      esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      short_message: `id:${parseInt(id, 16)} sub:001 dlvrd:001 submit date:2611281415 done date:2611281415 stat:DELIVRD err:000 text:`,
    });
  });
  session.on("unbind", (pdu) => { session.send(pdu.response()); session.close(); tell({ unbound: true }); });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
});
server.listen(0, "127.0.0.1", () => tell({ port: server.address().port }));
